// The pipeline file, field by field. The doc texts are the reference page and what editors show.
#include "spec/pipeline_shape.h"

#include "spec/drift_fields.h"

namespace henge::spec {
namespace {

constexpr std::int64_t int32_max = 2'147'483'647;

Stranger renamed(std::string name, const std::string& to) {
  std::string message = "unknown field " + name;
  return {std::move(name), "unknown_field", std::move(message), "henge's name for it is " + to};
}

Stranger rejection(std::string name) {
  std::string message = name +
                        " cannot be combined with henge: which records it drops depends on when a "
                        "task happened to start";
  return {std::move(name), "rejection_period", std::move(message),
          "remove it; spec.lateness (and spec.earliness) draw the line by each record's own "
          "arrival time"};
}

Field partitions(std::string name, std::string doc) {
  return open_object(
      std::move(name), std::move(doc),
      {
          text("type", "How rows are spread over segments.")
              .must()
              .mostly({"dynamic", "hashed", "range", "single_dim"}),
          integer("maxRowsPerSegment", 1, int32_max,
                  "dynamic, range, single_dim: rows of one segment at the most."),
          integer("maxTotalRows", 1, INT64_MAX,
                  "dynamic: rows a task holds before it publishes segments."),
          integer("targetRowsPerSegment", 1, int32_max,
                  "hashed, range, single_dim: rows of one segment to aim at."),
          integer("numShards", 1, int32_max, "hashed: number of segments in a chunk."),
          list("partitionDimensions", "hashed, range: the dimensions that decide.",
               text("item", "A dimension's name.")),
          text("partitionDimension", "single_dim: the dimension that decides."),
          text("partitionFunction", "hashed: the hash function.").mostly({"murmur3_32_abs"}),
          boolean("assumeGrouped", "range, single_dim: whether the input is already grouped."),
      });
}

Field dimension() {
  Field item =
      open_object("item", "A column's name for a string column, or Druid's object form.",
                  {
                      text("name", "The column.").must(),
                      text("type", "The column's type.")
                          .mostly({"string", "long", "float", "double", "auto", "json"})
                          .otherwise("string"),
                      text("multiValueHandling", "string: what to do with several values.")
                          .mostly({"SORTED_ARRAY", "SORTED_SET", "ARRAY"}),
                      boolean("createBitmapIndex", "string: whether to keep an index for filters."),
                      text("castToType", "auto: the type to store."),
                  });
  item.or_name = true;
  return item;
}

Field metric() {
  return open_object(
      "item", "A Druid aggregator.",
      {
          text("type", "The aggregator.")
              .must()
              .mostly({"count",
                       "longSum",
                       "doubleSum",
                       "floatSum",
                       "longMin",
                       "longMax",
                       "doubleMin",
                       "doubleMax",
                       "floatMin",
                       "floatMax",
                       "longFirst",
                       "longLast",
                       "doubleFirst",
                       "doubleLast",
                       "floatFirst",
                       "floatLast",
                       "stringFirst",
                       "stringLast",
                       "thetaSketch",
                       "HLLSketchBuild",
                       "HLLSketchMerge",
                       "quantilesDoublesSketch",
                       "KllDoublesSketch",
                       "KllFloatsSketch",
                       "hyperUnique",
                       "filtered"}),
          text(
              "name",
              "The column that is written. A `filtered` aggregator may leave it to its inner one."),
          text("fieldName", "The input column that is read."),
          text("expression", "A Druid expression to read instead of a column."),
          druid("filter", "filtered: which rows count."),
          druid("aggregator", "filtered: the aggregator for them."),
      });
}

Field transform() {
  return open_object("item", "A Druid transform.",
                     {
                         text("type", "The kind of transform.").must().mostly({"expression"}),
                         text("name", "The column that is made.").must(),
                         text("expression", "The Druid expression."),
                     });
}

Field timestamp() {
  return object("timestamp", "Where a row's time is: Druid's timestampSpec.",
                {
                    text("column", "The input column.").otherwise("timestamp"),
                    text("format",
                         "`iso`, `millis`, `posix`, `micro`, `nano`, `auto`, or a Joda pattern of "
                         "numeric parts such as `yyyy-MM-dd HH:mm:ss`.")
                        .otherwise("auto"),
                    text("missingValue",
                         "The instant that rows without a timestamp get; without it they are "
                         "unparseable."),
                })
      .must();
}

Field schema() {
  Field dimensions =
      list("dimensions", "The columns to store, in the order they are sorted by. At least one.",
           dimension())
          .must();
  dimensions.strangers = {{"useSchemaDiscovery", "no_dimensions",
                           "useSchemaDiscovery is not taken for now: streaming would discover "
                           "columns of the Kafka record that batch does not have",
                           "list the dimensions"},
                          {"dimensions", "wrong_type", "expected a list, found a dimensionsSpec",
                           "write its list directly below spec.schema.dimensions"}};
  return object(
             "schema",
             "How an event becomes a row, the same on every way into the datasource. Druid's own "
             "words and shapes.",
             {
                 timestamp(),
                 std::move(dimensions),
                 list("metrics",
                      "Druid's aggregators. A `count` metric is the proof that every event is "
                      "there: without one, henge adds it under the name `count`.",
                      metric()),
                 boolean("rollup",
                         "Whether rows of equal time and dimensions are merged while they come in. "
                         "(Druid's own default is true.)")
                     .otherwise("false"),
                 granularity("queryGranularity",
                             "To what a row's time is truncated. Must fit into segmentGranularity.")
                     .otherwise("NONE"),
                 granularity("segmentGranularity",
                             "The length of a chunk: what is closed, counted, repaired and "
                             "compacted as one.")
                     .otherwise("HOUR"),
                 list("transforms", "Druid's transforms, applied before the filter.", transform()),
                 druid("filter",
                       "Druid's filter for rows to keep. henge evaluates selector, equals, in, "
                       "inType, bound, range, null, and, or, not, istrue, isfalse, true and false "
                       "itself."),
             })
      .must()
      .refusing({
          renamed("timestampSpec", "timestamp"),
          renamed("dimensionsSpec", "dimensions"),
          renamed("metricsSpec", "metrics"),
          {"granularitySpec", "unknown_field", "unknown field granularitySpec",
           "write rollup, queryGranularity and segmentGranularity directly below spec.schema"},
          {"transformSpec", "unknown_field", "unknown field transformSpec",
           "write transforms and filter directly below spec.schema"},
          {"useSchemaDiscovery", "no_dimensions",
           "useSchemaDiscovery is not taken for now: streaming would discover columns of the Kafka "
           "record that batch does not have",
           "list the dimensions"},
      });
}

Field flattened_field() {
  Field item = open_object(
      "item", "A column's name for a top-level field, or Druid's object form.",
      {
          text("type", "How the value is found.").must().mostly({"root", "path", "jq", "tree"}),
          text("name", "The column.").must(),
          text("expr", "root: the field; path: a JSONPath; jq: an expression."),
          list("nodes", "tree: the names that lead to the value.", text("item", "A name.")),
      });
  item.or_name = true;
  return item;
}

Field input_format() {
  return open_object(
      "inputFormat", "Druid's input format of a record's value.",
      {
          text("type", "`json`, `csv` or `tsv`.").must().mostly({"json", "csv", "tsv"}),
          open_object("flattenSpec", "json: columns from nested values.",
                      {
                          boolean("useFieldDiscovery", "Whether all top-level fields are columns."),
                          list("fields", "Columns from paths.", flattened_field()),
                      }),
          list("columns", "csv, tsv: the columns in their order.",
               text("item", "A column's name.")),
          boolean("findColumnsFromHeader", "csv, tsv: must be false; a record has no header."),
          integer("skipHeaderRows", 0, int32_max, "csv, tsv: must be 0; a record has no header."),
          text("delimiter", "tsv: what stands between fields."),
          text("listDelimiter", "csv, tsv: what stands between the values of one field."),
      });
}

Field stream() {
  Field format = input_format().must();
  return object(
             "stream", "The Kafka topic and how Druid reads it.",
             {
                 text("topic", "The Kafka topic.").must(),
                 properties(
                     "consumerProperties",
                     "Properties of the Kafka consumers, Druid's and henge's; `bootstrap.servers` "
                     "at least. Secrets as `${env:NAME}` or `${file:PATH}`. A `group.id` is only a "
                     "name for quotas and access lists: Druid commits nothing to Kafka.")
                     .must(),
                 std::move(format),
                 integer("taskCount", 1, 10'000, "Druid tasks that read at the same time.")
                     .otherwise("1"),
                 integer("replicas", 1, 16,
                         "Copies of each reading task. Exactness is proven with 1.")
                     .otherwise("1"),
                 period("taskDuration",
                        "How long a task reads before it publishes; one minute at least.")
                     .otherwise("PT1H"),
                 period("completionTimeout", "How long a task may take to publish.")
                     .otherwise("PT30M"),
                 boolean("useEarliestOffset",
                         "Whether a topic without stored offsets is read from its beginning.")
                     .otherwise("true"),
                 period("intermediateHandoffPeriod",
                        "Publish that often while a task goes on reading. Shortens the time until "
                        "a chunk is sealed."),
                 period("arrivalDisorder",
                        "How far arrival times may run backwards within a partition: clocks of "
                        "brokers, and of producers where the topic keeps CreateTime. The watermark "
                        "waits this much longer.")
                     .otherwise("PT5S"),
                 object("mirror",
                        "The consumer group in which Kafka's own tools see how far Druid has "
                        "committed. See offsets.md.",
                        {
                            boolean("enabled", "Whether henge commits Druid's position to it.")
                                .otherwise("true"),
                            text("group", "Its name; `henge.` and the pipeline's name if absent."),
                        }),
                 druid("tuningConfig", "Druid's tuningConfig of the supervisor, passed on."),
             })
      .must()
      .refusing({
          {"topicPattern", "unknown_field", "topicPattern is not taken for now",
           "declare one pipeline for each topic"},
          {"bootstrap.servers", "unknown_field", "unknown field bootstrap.servers",
           "it belongs into spec.stream.consumerProperties"},
          {"ioConfig", "unknown_field", "unknown field ioConfig",
           "write its fields directly below spec.stream"},
      });
}

Field late() {
  return object(
      "late", "How late records are brought into Druid.",
      {
          period(
              "maxDelay",
              "From a late record's arrival until its repair is submitted, at the most, once its "
              "chunk is counted.")
              .otherwise("PT10M"),
          integer("minRows", 1, INT64_MAX,
                  "So many waiting rows of a pipeline start a repair before maxDelay.")
              .otherwise("10000"),
          integer("maxRows", 1, 1'000'000'000, "Rows of one repair task at the most.")
              .otherwise("2000000"),
          period("retention", "How long the files with repaired records are kept.")
              .otherwise("P7D"),
      });
}

Field spec() {
  return object(
             "spec", "What the datasource shall be.",
             {
                 text("datasource", "The Druid datasource; `metadata.name` if absent."),
                 schema(),
                 stream(),
                 period("lateness",
                        "The line between the two doors: an event older than this when it arrives "
                        "in Kafka is late. Streaming drops it, a repair brings it. Also how long a "
                        "chunk stays open after its end.")
                     .must(),
                 period("earliness",
                        "An event that lies further in the future than this when it arrives goes "
                        "neither way: it is kept, counted and shown."),
                 late(),
                 text("locks",
                      "`concurrent`: streaming and batch tasks take Druid's concurrent locks, and "
                      "loads go on beside streaming. `exclusive`: they take Druid's default locks, "
                      "and each load suspends the supervisor until it is counted. See loads.md.")
                     .one_of({"concurrent", "exclusive"})
                     .otherwise("concurrent"),
                 object("windows",
                        "When streaming may be made to stand for a load that needs it. See "
                        "loads.md.",
                        {
                            windows_field("allow",
                                          "Only while one of these is open. Without any, whenever "
                                          "a load's turn has come."),
                            windows_field("deny",
                                          "Not while one of these is open, whatever allow says."),
                        }),
                 drift_rules_field("drift",
                                   "What henge does about drift of this pipeline, by kind: over "
                                   "the configuration's drift.rules, field by field. See "
                                   "drift.md."),
                 object("batch", "Batch tasks.",
                        {
                            partitions(
                                "partitionsSpec",
                                "Of all batch tasks. Repairs append, so the type must be dynamic."),
                            partitions("replacePartitionsSpec",
                                       "Of tasks that replace whole chunks, where it shall differ: "
                                       "any type."),
                            granularity("segmentGranularity",
                                        "If given, it must be spec.schema.segmentGranularity."),
                        }),
                 object("compaction", "Compaction of sealed chunks.",
                        {
                            partitions("partitionsSpec", "Of compacted chunks: any type."),
                            granularity("segmentGranularity",
                                        "If given, it must be spec.schema.segmentGranularity."),
                        }),
             })
      .must()
      .refusing({
          {"dataSchema", "unknown_field", "unknown field dataSchema",
           "henge's name for it is schema"},
          {"ioConfig", "unknown_field", "unknown field ioConfig", "henge's name for it is stream"},
          {"tuningConfig", "unknown_field", "unknown field tuningConfig",
           "it belongs into spec.stream"},
      });
}

}  // namespace

const Field& pipeline_shape() {
  static const Field shape =
      object("", "A henge pipeline: the desired state of one Druid datasource.",
             {
                 text("apiVersion", "The version of this format.").must().one_of({"henge/v1"}),
                 text("kind", "What the document declares.").must().one_of({"Pipeline"}),
                 object("metadata", "What the pipeline is called.",
                        {
                            text("name",
                                 "The pipeline's name: lower-case letters, digits, - and _, 63 at "
                                 "the most.")
                                .must(),
                            labels("labels", "Free names and values to select pipelines by."),
                        })
                     .must(),
                 spec(),
             })
          .refusing({rejection("lateMessageRejectionPeriod"),
                     rejection("earlyMessageRejectionPeriod"),
                     rejection("lateMessageRejectionStartDateTime")});
  return shape;
}

}  // namespace henge::spec
