// Begun.
int main() {}
