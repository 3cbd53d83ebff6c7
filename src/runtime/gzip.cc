#include "runtime/gzip.h"

#include <zlib.h>

namespace henge::runtime {

namespace {

constexpr int window_gzip_or_zlib = 15 + 32;  // zlib's way to say: look at the header
constexpr int window_gzip = 15 + 16;

}  // namespace

struct Inflater::Impl {
  Impl() { invariant(inflateInit2(&stream, window_gzip_or_zlib) == Z_OK, "zlib starts"); }
  ~Impl() { inflateEnd(&stream); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  z_stream stream{};
  std::size_t total = 0;
  bool done = false;
  GzipMembers members = GzipMembers::one;
};

Inflater::Inflater(GzipMembers members) : impl_(std::make_unique<Impl>()) {
  impl_->members = members;
}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;
bool Inflater::done() const {
  return impl_->done;
}

Result<std::string> Inflater::put(std::string_view bytes, std::size_t bytes_max) {
  z_stream& stream = impl_->stream;
  if (impl_->done && impl_->members == GzipMembers::several && !bytes.empty()) {
    impl_->done = false;
    inflateReset(&stream);
  }
  // zlib's C interface takes no const; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::string block(64UL * 1024, '\0');
  // A full block may have left more inside, so the loop goes on while blocks come out full, input
  // or not.
  for (bool more = !bytes.empty(); more && !impl_->done;) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    const int code = inflate(&stream, Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
      return fail(ErrorKind::corrupt, "the compressed body is damaged");
    }
    const std::size_t got = block.size() - stream.avail_out;
    impl_->total += got;
    if (impl_->total > bytes_max)
      return fail(ErrorKind::refused, "the inflated body is larger than allowed");
    out.append(block, 0, got);
    impl_->done = code == Z_STREAM_END;
    more = stream.avail_in > 0 || stream.avail_out == 0;
    if (impl_->done && impl_->members == GzipMembers::several && stream.avail_in > 0) {
      impl_->done = false;
      inflateReset(&stream);
    }
  }
  return out;
}

std::string gzip(std::string_view plain) {
  z_stream stream{};
  invariant(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_gzip, 8,
                         Z_DEFAULT_STRATEGY) == Z_OK,
            "zlib starts");
  std::string out(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  invariant(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflateBound leaves room for all");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

}  // namespace henge::runtime
