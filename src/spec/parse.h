// Pipeline files into pipelines and loads, with every mistake at once. Pure: text in, values out;
// load.h reads the files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/diagnostic.h"
#include "model/load_document.h"
#include "model/pipeline.h"

namespace henge::spec {

struct ParsedPipeline {
  Pipeline pipeline;
  Place place;             // of the document
  Place name_place;        // of metadata.name
  Place datasource_place;  // of spec.datasource, or of the name it is taken from
  std::string document;    // its text, from its first line to the next document
  bool usable = false;     // no error in this document: it may be rendered and applied
};

struct ParsedLoad {
  LoadDocument load;
  Place place;           // of the document
  Place name_place;      // of metadata.name
  Place pipeline_place;  // of spec.pipeline
  std::string document;  // as above
  bool usable = false;
};

struct ParsedFile {
  std::vector<ParsedPipeline> pipelines;  // also unusable ones, as far as they could be read; those
                                          // without a name are left out
  std::vector<ParsedLoad> loads;          // likewise
  std::vector<Diagnostic> diagnostics;    // in the order of the file
};

// What a document of kind Config among the pipelines is: a mistake in a file that was named, a
// neighbour in a folder.
enum class StrayConfig { mistake, skipped };

ParsedFile parse_pipelines(const std::string& file, std::string_view text, StrayConfig stray);
inline ParsedFile parse_pipelines(const std::string& file, std::string_view text) {
  return parse_pipelines(file, text, StrayConfig::mistake);
}

// Pipelines or datasources that are declared twice: an error at each but the first.
std::vector<Diagnostic> find_duplicates(const std::vector<ParsedPipeline>& pipelines);

// Loads that are declared twice; and, where there is any pipeline, those into one that is not among
// them, or whose chunks are not made of its chunks.
std::vector<Diagnostic> find_load_mistakes(const std::vector<ParsedPipeline>& pipelines,
                                           const std::vector<ParsedLoad>& loads);

}  // namespace henge::spec
