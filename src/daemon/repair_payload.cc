#include "daemon/repair_payload.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "scan/delta_file.h"
#include "spec/render_batch.h"

namespace henge::daemon {
namespace {

std::string hmac_hex(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

Result<std::string> lines_of(const Pipeline& pipeline, const std::vector<scan::Extent>& extents,
                             const std::string& delta_folder) {
  scan::DeltaLines lines(scan::DeltaFolder{delta_folder, pipeline.name}, extents);
  std::string all;
  all.reserve(static_cast<std::size_t>(lines.bytes_total()));
  for (;;) {
    TRY(std::optional<std::string> next, lines.next());
    if (!next) return all;
    all += *next;
  }
}

}  // namespace

std::string delta_path(const std::string& pipeline, const ledger::RepairIntended& intent,
                       const std::string& key) {
  const std::string what =
      fmt::format("{}|{}|{}", pipeline, intent.task_id, to_ms(intent.expires_at));
  return fmt::format("/v1/delta/{}/{}/{}", pipeline, intent.task_id, hmac_hex(key, what));
}

Result<std::string> extent_lines(const Pipeline& pipeline, const scan::Extent& extent,
                                 const std::string& delta_folder) {
  return lines_of(pipeline, {extent}, delta_folder);
}

Result<JsonText> repair_payload(const Pipeline& pipeline, const ledger::RepairIntended& intent,
                                const std::string& delta_folder, const std::string& key) {
  spec::AppendInput input;
  input.task_id = intent.task_id;
  for (const auto& c : intent.chunks)
    input.chunks.push_back(bucket(pipeline.schema.segment_granularity, c.chunk));
  if (intent.delivery == ledger::Delivery::http) {
    input.rows = spec::HttpRows{{intent.base_url + delta_path(pipeline.name, intent, key)}};
  } else {
    TRY(std::string lines, lines_of(pipeline, intent.extents, delta_folder));
    input.rows = spec::InlineRows{std::move(lines)};
  }
  return spec::render_append(pipeline, input);
}

}  // namespace henge::daemon
