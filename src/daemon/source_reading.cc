#include "daemon/source_reading.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "daemon/load_sources.h"

namespace henge::daemon {

struct SourceReading::Digest {
  Digest() : context(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    invariant(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1, "SHA-256 starts");
  }
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context;
};

SourceReading::SourceReading(std::string name, scan::RowCounter* counter)
    : name_(std::move(name)),
      counter_(counter),
      zipped_(counter != nullptr && name_.ends_with(".gz")),
      digest_(std::make_shared<Digest>()) {}

Result<SourceReading> SourceReading::begin(std::string name, scan::RowCounter* counter) {
  for (const char* other : {".bz2", ".xz", ".zst", ".sz", ".zip"})
    if (counter != nullptr && name.ends_with(other))
      return fail(ErrorKind::invalid,
                  fmt::format("{}: henge counts rows of plain and gzip files only", name));
  return SourceReading(std::move(name), counter);
}

Result<void> SourceReading::put(std::string_view bytes) {
  EVP_DigestUpdate(digest_->context.get(), bytes.data(), bytes.size());
  bytes_ += std::ssize(bytes);
  if (counter_ == nullptr) return {};
  Result<void> done;
  if (zipped_) {
    auto plain = inflater_.put(bytes, std::string::npos);
    done = plain ? counter_->put(*plain)
                 : Result<void>(fail(ErrorKind::invalid, "it is no gzip file, or is damaged"));
  } else {
    done = counter_->put(bytes);
  }
  if (!done) return tl::unexpected<Error>(std::move(done).error().within(name_));
  return {};
}

Result<LoadFile> SourceReading::finish() {
  if (zipped_ && bytes_ > 0 && !inflater_.done())
    return fail(
        ErrorKind::invalid,
        fmt::format("{}: the gzip data end before they are complete: the file was cut", name_));
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(digest_->context.get(), digest, &size);
  std::string text = "sha256:";
  for (unsigned int i = 0; i < 16; ++i) text += fmt::format("{:02x}", digest[i]);
  return LoadFile{name_, bytes_, std::move(text), -1, {}};
}

namespace {

// What stands in a source must be rows, all of them, to its last byte.
Result<void> check_rows(const std::string& name, const scan::FileCounts& counts) {
  const std::int64_t rows = counts.accepted() + counts.filtered + counts.outside;
  const auto refused = [&](std::string why) {
    return fail(ErrorKind::invalid, name + ": " + std::move(why));
  };
  if (!counts.header.empty()) return refused("its header line can't be used: " + counts.header);
  if (counts.crowded > 0)
    return refused(
        fmt::format("line {} holds more than one row; Druid reads one row a line", counts.crowded));
  if (counts.lines > 0 && rows == 0)
    return refused(
        fmt::format("none of its {} lines is a row of the pipeline's format; line {} is '{}'",
                    counts.lines, counts.bad.front().line, counts.bad.front().text));
  if (counts.ends_in_a_row)
    return refused(
        fmt::format("it ends in the middle of a row: it was cut, or is still being written"));
  return {};
}

}  // namespace

Result<LoadSum> LoadSum::begin(const Pipeline& pipeline, const LoadRequest& request,
                               LoadInput input) {
  LoadSum sum;
  sum.content_.input = input;
  if (const std::string foreign = foreign_format(request); !foreign.empty()) {
    sum.content_.proof = Proof::reported;
    sum.content_.notes.push_back(fmt::format(
        "henge does not read {}: how many rows there are only Druid can tell", foreign));
    return sum;
  }
  TRY(auto counter, scan::RowCounter::compile(pipeline, request.interval));
  sum.content_.proof = counter.proof();
  sum.counter_ = std::make_unique<scan::RowCounter>(std::move(counter));
  return sum;
}

Result<SourceReading> LoadSum::read(std::string name) {
  return SourceReading::begin(std::move(name), counter_.get());
}

Result<void> LoadSum::add(SourceReading& reading) {
  TRY(LoadFile file, reading.finish());
  if (counter_ != nullptr) return add_counts(std::move(file), counter_->finish());
  content_.files.push_back(std::move(file));
  return {};
}

Result<void> LoadSum::add_counts(LoadFile file, const scan::FileCounts& counts) {
  constexpr std::size_t notes_max = 20;
  TRY_VOID(check_rows(file.uri, counts));
  content_.rows.accepted += counts.accepted();
  content_.rows.filtered += counts.filtered;
  content_.rows.outside += counts.outside;
  content_.rows.unparseable += counts.unparseable;
  file.rows = counts.accepted();
  for (const auto& [chunk, count] : counts.chunks) {
    rows_[chunk] += count;
    file.chunks.push_back(chunk);
  }
  for (const scan::BadLine& bad : counts.bad)
    if (content_.notes.size() < notes_max)
      content_.notes.push_back(fmt::format("{}:{}: no row: {}", file.uri, bad.line, bad.text));
  content_.files.push_back(std::move(file));
  return {};
}

LoadContent LoadSum::finish(const std::vector<Instant>& chunks) {
  for (const Instant chunk : chunks) {
    auto known = rows_.find(chunk);
    const std::int64_t none = counter_ == nullptr ? -1 : 0;
    content_.chunks.push_back({chunk, known == rows_.end() ? none : known->second});
  }
  return std::move(content_);
}

}  // namespace henge::daemon
