// hiredis' reader calls a function for each thing it has read; ours put them into the arena.
#include "redis/reply_reader.h"

#include <hiredis/read.h>

#include <algorithm>
#include <cstring>

#include "redis/reply_node.h"

namespace bidwell::redis {

// Called from C: nothing may be thrown through it, so that running out of memory ends us as it does elsewhere.
struct ReplyReader::Build {
  static ReplyReader& owner(const redisReadTask* task) { return *static_cast<ReplyReader*>(task->privdata); }

  static ReplyNode* add(const redisReadTask* task, Reply::Kind kind) noexcept {
    auto* node = new (owner(task).arena_.allocate(sizeof(ReplyNode), alignof(ReplyNode))) ReplyNode;
    node->kind = kind;
    if (task->parent != nullptr) static_cast<ReplyNode*>(task->parent->obj)->parts[task->idx] = node;
    return node;
  }

  static void* text(const redisReadTask* task, char* bytes, std::size_t size) noexcept {
    const auto kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                      : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                         : Reply::Kind::text;
    ReplyNode* node = add(task, kind);
    if (size != 0) {
      auto* copy = static_cast<char*>(owner(task).arena_.allocate(size, 1));
      std::memcpy(copy, bytes, size);
      node->text = {copy, size};
    }
    return node;
  }

  static void* array(const redisReadTask* task, int size) noexcept {
    const auto count = static_cast<std::size_t>(size);
    ReplyReader& reader = owner(task);
    if (count > kPartsMax - reader.parts_) return nullptr;  // hiredis says "Out of memory"
    reader.parts_ += count;
    ReplyNode* node = add(task, Reply::Kind::array);
    node->size = count;
    node->parts = static_cast<ReplyNode**>(reader.arena_.allocate(count * sizeof(ReplyNode*), alignof(ReplyNode*)));
    std::fill_n(node->parts, count, nullptr);
    return node;
  }

  static void* integer(const redisReadTask* task, long long value) noexcept {
    ReplyNode* node = add(task, Reply::Kind::integer);
    node->integer = value;
    return node;
  }

  static void* nil(const redisReadTask* task) noexcept { return add(task, Reply::Kind::nil); }

  static void free(void*) noexcept {}  // the arena's business
};

ReplyReader::ReplyReader(std::size_t reply_bytes_max) : reply_bytes_max_(reply_bytes_max), reader_(nullptr, nullptr) {
  static redisReplyObjectFunctions build{&Build::text, &Build::array, &Build::integer, &Build::nil, &Build::free};
  reader_ = {redisReaderCreateWithFunctions(&build), &redisReaderFree};
  if (reader_ == nullptr) throw std::bad_alloc();
  reader_->privdata = this;
  reader_->maxbuf = 1 << 20;  // what a large reply took is given back beyond this
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::feed(std::string_view bytes) {
  redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
  bytes_ += bytes.size();
}

std::optional<Reply> ReplyReader::next() {
  if (!fault_.empty()) return std::nullopt;
  if (given_) {
    arena_.release();
    given_ = false;
    parts_ = 0;
    bytes_ = reader_->len - reader_->pos;
  }
  void* reply = nullptr;
  if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
    fault_ = reader_->err == REDIS_ERR_OOM ? "a reply of too many parts" : reader_->errstr;
    return std::nullopt;
  }
  if (reply == nullptr) {
    check_growth();
    return std::nullopt;
  }
  given_ = true;
  return Reply(static_cast<const ReplyNode*>(reply));
}

// hiredis would wait for ever for a length's end, looking through all that came each time.
void ReplyReader::check_growth() {
  const std::string_view rest(reader_->buf + reader_->pos, reader_->len - reader_->pos);
  if (bytes_ > reply_bytes_max_) {
    fault_ = "a reply of too many bytes";
  } else if (rest.size() > kLineBytesMax && rest.substr(0, kLineBytesMax).find('\n') == std::string_view::npos) {
    fault_ = "a line without an end";
  }
}

}  // namespace bidwell::redis
