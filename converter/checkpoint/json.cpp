#include "converter/checkpoint/json.h"

#include <algorithm>

#include "converter/error.h"

namespace tidbit::convert {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMostValues = 1u << 17;  // in memory at a time; each takes up to 100 bytes and its text
constexpr std::size_t kMostText = 4u << 20;    // bytes of a string or number

std::string position_text(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position == 0 ? 0 : position - 1);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return "line " + std::to_string(std::count(before.begin(), before.end(), '\n') + 1) + ", column " +
         std::to_string(before.size() - line_start + 1);
}

// The parser copies each string and number several times, so a long one is refused before.
void check_lengths(std::string_view text, const std::string &where) {
  std::size_t start = 0;  // of the string or number, if there is one
  bool is_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i - start > kMostText) {
      throw ConvertError(where + ": has a string or number of more than " + std::to_string(kMostText >> 20) +
                         " MB at " + position_text(text, start + 1) + ", longer than any such file needs");
    }
    const char c = text[i];
    if (is_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_string = !is_string;
      start = i;
    } else if (!is_string && (c < '0' || c > '9')) {
      start = i;
    }
  }
}

// Takes the parser's events (nlohmann's SAX interface) and makes the document, apart from what is streamed.
class Builder {
 public:
  Builder(std::string_view text, const std::string &where, const std::vector<JsonStream> &streams)
      : text_(text), where_(where), streams_(streams) {
    frames_.reserve(kMaxDepth);  // an outer frame's member is pointed to while inner ones come and go
  }

  Json &document() { return document_; }

  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(std::int64_t value) { return scalar(value); }
  bool number_unsigned(std::uint64_t value) { return scalar(value); }
  bool number_float(double value, const std::string &) { return scalar(value); }
  bool string(std::string &value) { return scalar(std::move(value)); }
  bool binary(Json::binary_t &) { return false; }  // not in JSON
  bool start_object(std::size_t) { return start(Json::value_t::object); }
  bool start_array(std::size_t) { return start(Json::value_t::array); }
  bool end_object() { return end(); }
  bool end_array() { return end(); }
  bool key(std::string &key) {
    frames_.back().key = std::move(key);
    return true;
  }

  bool parse_error(std::size_t position, const std::string &, const Json::exception &error) {
    constexpr int kOutOfRange = 406;
    const std::string at = position_text(text_, std::min(position, text_.size()));
    if (error.id == kOutOfRange) throw ConvertError(where_ + ": the number at " + at + " is out of range; correct it");
    if (position > text_.size()) {
      throw ConvertError(where_ + ": is not valid JSON: it ends too early; copy or download it again");
    }
    throw ConvertError(where_ + ": is not valid JSON at " + at + "; correct it there, or download it again");
  }

 private:
  // An object or array that is not complete yet.
  struct Frame {
    Json *value;               // null: dropped
    const JsonStream *stream;  // takes the members; null: they are kept, unless dropped
    bool drops;                // the members
    std::size_t values;        // before its members
    std::string key;           // of the current member; empty in an array
    Json member;               // the current one, if there is a stream
  };

  // "model.vocab"
  std::string path() const {
    std::string path;
    for (const Frame &frame : frames_) path += (path.empty() || frame.key.empty() ? "" : ".") + frame.key;
    return shortened(path);
  }

  bool scalar(Json &&value) {
    put(std::move(value));
    finish_member();
    return true;
  }

  bool start(Json::value_t type) {
    if (frames_.size() == kMaxDepth) {
      throw ConvertError(where_ + ": is nested deeper than " + std::to_string(kMaxDepth) + " levels at " + path() +
                         ", deeper than any such file needs");
    }
    const JsonStream *stream = stream_here(type);
    Json *value = put(Json(type));
    const bool drops = value == nullptr || (stream != nullptr && (stream->take == nullptr || stream->type != type));
    frames_.push_back({value, stream, drops, values_, "", nullptr});
    return true;
  }

  bool end() {
    frames_.pop_back();
    finish_member();
    return true;
  }

  // The place of a new value; null if it is dropped.
  Json *put(Json &&value) {
    if (frames_.empty()) return &(document_ = std::move(value));
    Frame &frame = frames_.back();
    if (frame.drops) return nullptr;
    if (++values_ > kMostValues) {
      throw ConvertError(where_ + ": has more than " + std::to_string(kMostValues) + " values at " + path() +
                         ", more than any such file needs");
    }
    if (frame.stream != nullptr) return &(frame.member = std::move(value));
    if (frame.value->is_array()) return &frame.value->emplace_back(std::move(value));
    const auto [member, is_new] = frame.value->get_ref<Json::object_t &>().emplace(frame.key, std::move(value));
    if (!is_new) throw ConvertError(where_ + ": the key \"" + path() + "\" occurs twice; remove one of the two");
    return &member->second;
  }

  // Called when a value is complete. It may be a member that someone takes.
  void finish_member() {
    if (frames_.empty() || frames_.back().drops || frames_.back().stream == nullptr) return;
    Frame &frame = frames_.back();
    frame.stream->take(frame.key, frame.member);
    frame.member = nullptr;
    values_ = frame.values;
  }

  // The stream for the value that comes next.
  // A stream of another type drops the members, unless there is one of this type.
  const JsonStream *stream_here(Json::value_t type) const {
    const auto leads_here = [&](const JsonStream &stream) {
      return std::equal(frames_.begin(), frames_.end(), stream.path.begin(), stream.path.end(),
                        [](const Frame &frame, const std::string &key) { return frame.key == key; });
    };
    const auto takes = [&](const JsonStream &stream) { return stream.type == type && leads_here(stream); };
    auto found = std::find_if(streams_.begin(), streams_.end(), takes);
    if (found == streams_.end()) found = std::find_if(streams_.begin(), streams_.end(), leads_here);
    return found == streams_.end() ? nullptr : &*found;
  }

  const std::string_view text_;
  const std::string &where_;
  const std::vector<JsonStream> &streams_;
  Json document_;
  std::vector<Frame> frames_;
  std::size_t values_ = 0;
};

}  // namespace

Json read_json_list(const std::filesystem::path &path) {
  const std::string text = read_whole_file(path, kMostConfigBytes), where = path.string();
  check_lengths(text, where);
  const std::vector<JsonStream> streams;
  Builder builder(text, where, streams);
  Json::sax_parse(text.begin(), text.end(), &builder);
  if (!builder.document().is_array()) throw ConvertError(where + ": is not a JSON list");
  return std::move(builder.document());
}

Json parse_json_object(std::string_view text, const std::string &where, const std::vector<JsonStream> &streams) {
  check_lengths(text, where);
  Builder builder(text, where, streams);
  Json::sax_parse(text.begin(), text.end(), &builder);
  if (!builder.document().is_object()) throw ConvertError(where + ": is not a JSON object");
  return std::move(builder.document());
}

Json read_json_object(const std::filesystem::path &path, std::uint64_t most_bytes,
                      const std::vector<JsonStream> &streams) {
  return parse_json_object(read_whole_file(path, most_bytes), path.string(), streams);
}

void JsonNode::refuse(const std::string &what) const { throw ConvertError(place_ + " " + what); }

std::optional<JsonNode> JsonNode::find(const char *key) const {
  if (!value_.is_object()) refuse("is not an object");
  const auto found = value_.find(key);
  if (found == value_.end() || found->is_null()) return std::nullopt;
  return JsonNode(*found, place_ + (place_.ends_with(':') ? " " : ".") + key);
}

JsonNode JsonNode::at(const char *key) const {
  const auto found = find(key);
  if (!found) refuse(std::string("has no \"") + key + "\"");
  return *found;
}

void JsonNode::check_list() const {
  if (!value_.is_array()) refuse("is not a list");
}

std::size_t JsonNode::size() const {
  check_list();
  return value_.size();
}

JsonNode JsonNode::element(std::size_t i) const { return {value_[i], place_ + "[" + std::to_string(i) + "]"}; }

const std::string &JsonNode::text() const {
  if (!value_.is_string()) refuse("is " + shortened(value_.dump()) + ", not a string");
  return value_.get_ref<const std::string &>();
}

bool JsonNode::flag() const {
  if (!value_.is_boolean()) refuse("is " + shortened(value_.dump()) + ", neither true nor false");
  return value_.get<bool>();
}

std::string JsonNode::text_or(const char *key, const char *fallback) const {
  const auto found = find(key);
  return found ? found->text() : fallback;
}

bool JsonNode::flag_or(const char *key, bool fallback) const {
  const auto found = find(key);
  return found ? found->flag() : fallback;
}

}  // namespace tidbit::convert
