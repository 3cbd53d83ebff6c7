// The configuration file, field by field.
#include "spec/config_shape.h"

#include "spec/drift_fields.h"

namespace henge::spec {
namespace {

Field druid_access() {
  return object(
      "druid", "Where Druid is and how to talk to it.",
      {
          text("url", "The Router: enough to reach all services.")
              .otherwise("http://127.0.0.1:8888"),
          text("overlord", "Instead of the Router: the Overlord's URL. All three or none."),
          text("coordinator", "Instead of the Router: the Coordinator's URL."),
          text("broker", "Instead of the Router: the Broker's URL."),
          object("auth", "Basic authentication.",
                 {
                     text("username", "The user.").must(),
                     secret("password", "The password, as `${env:NAME}` or `${file:PATH}`.").must(),
                 }),
          object("tls", "For https addresses.",
                 {
                     text("ca", "PEM file with the authorities to trust; the system's if absent."),
                     text("certificate", "PEM file with the client's certificate."),
                     text("key", "PEM file with the certificate's key."),
                     boolean("verify", "Whether Druid must prove who it is.").otherwise("true"),
                 }),
          object("timeouts", "How long henge waits for Druid.",
                 {
                     period("connect", "For a connection.").otherwise("PT5S"),
                     period("request", "For an answer.").otherwise("PT30S"),
                     period("supervisor",
                            "For an answer when a supervisor is changed: Druid itself may take 80 "
                            "seconds to stop one.")
                         .otherwise("PT2M"),
                 }),
          integer("maxCallsPerSecond", 1, 10'000, "Calls that henge makes to Druid, at the most.")
              .otherwise("20"),
      });
}

Field delta() {
  return object(
      "delta", "How late records get to Druid's workers.",
      {
          text("listen",
               "Address and port at which larger deltas are served; port 0 takes a free one.")
              .otherwise("127.0.0.1:0"),
          text("advertise",
               "The URL under which Druid's workers reach that address. Needed when `listen` names "
               "no single address."),
          size("inlineMax", "Deltas up to this size travel inside the task itself.")
              .otherwise("1M"),
          period("expiry", "How long the address of a delta stays good.").otherwise("PT24H"),
      });
}

Field loads() {
  return object(
      "loads", "What batch loads may take, and who goes first.",
      {
          integer("slots", 1, 100'000, "Worker slots that all loads together take at the most.")
              .otherwise("4"),
          integer("slotsPerDatasource", 1, 100'000,
                  "Worker slots that the loads of one datasource take at the most.")
              .otherwise("4"),
          labels("datasources", "Datasources that have another number of slots: `{clicks: 8}`."),
          period("patience", "A task of a load without a deadline is to start within it.")
              .otherwise("PT1H"),
          period("starveAfter",
                 "A task that waits longer than this, and is too late, goes before all others.")
              .otherwise("PT6H"),
          integer("taskRows", 1, 10'000'000'000, "Rows of one task, where the input can be split.")
              .otherwise("50000000"),
          integer("taskChunks", 1, 10'000, "Chunks of one task, where the input can be split.")
              .otherwise("100"),
          integer("singleRows", 1, 10'000'000'000, "Up to so many rows a task has no sub-tasks.")
              .otherwise("5000000"),
          integer("subTaskRows", 1, 10'000'000'000, "Rows that one sub-task should have.")
              .otherwise("2500000"),
          integer("subTasks", 1, 1'000, "Sub-tasks of one task, at the most.").otherwise("8"),
          integer("rowsPerSlotSecond", 1, 1'000'000'000,
                  "Rows a second and slot by which tasks are estimated.")
              .otherwise("20000"),
          text("msq",
               "`auto`: large replacements by range go by MSQ where the cluster has it. Held to "
               "Druid's sources, and never run on a cluster: see msq.md.")
              .one_of({"never", "auto"})
              .otherwise("never"),
          period("windowMax", "So long may streaming stand for one load.").otherwise("PT2H"),
          text("deepStorage",
               "A folder, a bucket (`s3://bucket/prefix`), or an http or https address, that tells "
               "whether Druid's deep storage works; loads wait while it does not."),
          text("s3Endpoint", "Where the bucket of `deepStorage` is asked for, without credentials.")
              .otherwise("https://s3.amazonaws.com"),
      });
}

}  // namespace

const Field& config_shape() {
  static const Field shape = object(
      "", "How a henge process is set up.",
      {
          text("apiVersion", "The version of this format.").must().one_of({"henge/v1"}),
          text("kind", "What the document declares.").must().one_of({"Config"}),
          druid_access(),
          object("kafka", "henge's own consumers.",
                 {
                     properties("properties",
                                "librdkafka properties that henge's consumers take over the ones "
                                "of each pipeline."),
                 }),
          text("stateDirectory", "Where the ledger and the files of late records are kept.")
              .otherwise("./henge-state"),
          delta(),
          object(
              "rounds", "The loop.",
              {
                  period("interval", "How often henge looks at Druid and Kafka.").otherwise("PT5S"),
                  period("reconcile",
                         "How often henge compares everything in Druid with what it declared and "
                         "did.")
                      .otherwise("PT30S"),
              }),
          drift_field(),
          loads(),
          object(
              "log", "henge's own log.",
              {
                  text("level", "What is written.")
                      .otherwise("info")
                      .one_of({"trace", "debug", "info", "warn", "error"}),
                  text("format", "How it is written.").otherwise("text").one_of({"text", "json"}),
              }),
      });
  return shape;
}

}  // namespace henge::spec
