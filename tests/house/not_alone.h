// A header that forgets what it needs: the control of the check that headers compile alone.
#pragma once

inline std::string not_alone() {
  return {};
}
