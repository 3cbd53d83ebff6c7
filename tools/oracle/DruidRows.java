// Asks Druid's own classes what a streaming task makes of Kafka record values. Reads one JSON question a line, answers one a line:
//   {"timestampSpec": {...}, "valueFormat": {...}, "filter": {...}?, "rule": "expression"?, "records": ["text", ...] or "recordsHex": [...]}
//   [{"rows": [event time in ms, ...], "passed": [...], "onTime": [...], "unparseable": n, "thrown": n, "fatal": "..."}, ...]
// `rows` are read without a filter, `passed` with the question's, `onTime` with its arrival rule as a supervisor's spec has it. The
// records arrive at 2026-01-01T00:00:00Z. In Druid's package because StreamChunkParser is not public.
package org.apache.druid.indexing.seekablestream;

import com.fasterxml.jackson.databind.InjectableValues;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.Module;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.apache.druid.data.input.ColumnsFilter;
import org.apache.druid.data.input.InputFormat;
import org.apache.druid.data.input.InputRow;
import org.apache.druid.data.input.InputRowSchema;
import org.apache.druid.data.input.impl.DimensionsSpec;
import org.apache.druid.data.input.impl.TimestampSpec;
import org.apache.druid.data.input.kafka.KafkaRecordEntity;
import org.apache.druid.indexing.kafka.KafkaIndexTaskModule;
import org.apache.druid.jackson.DefaultObjectMapper;
import org.apache.druid.math.expr.ExprMacroTable;
import org.apache.druid.math.expr.ExpressionProcessing;
import org.apache.druid.query.filter.DimFilter;
import org.apache.druid.segment.incremental.ParseExceptionHandler;
import org.apache.druid.segment.incremental.RowIngestionMeters;
import org.apache.druid.segment.incremental.SimpleRowIngestionMeters;
import org.apache.druid.segment.transform.TransformSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

public class DruidRows
{
  private static final String ARRIVAL = "__henge_arrival";
  private final ObjectMapper mapper = new DefaultObjectMapper();

  private DruidRows()
  {
    for (Module module : new KafkaIndexTaskModule().getJacksonModules()) {
      mapper.registerModule(module);
    }
    mapper.setInjectableValues(
        new InjectableValues.Std()
            .addValue(ExprMacroTable.class, ExprMacroTable.nil())
            .addValue(ObjectMapper.class, mapper)
    );
  }

  public static void main(String[] args) throws Exception
  {
    final PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    // With the settings of a task whose properties name none.
    ExpressionProcessing.initializeForTests();
    final DruidRows oracle = new DruidRows();
    final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode answer;
      try {
        answer = oracle.answer(oracle.mapper.readTree(line));
      }
      catch (IllegalArgumentException e) {
        answer = oracle.mapper.createObjectNode().put("invalid", e.getMessage());
      }
      answers.println(oracle.mapper.writeValueAsString(answer));
    }
  }

  private JsonNode answer(JsonNode question) throws Exception
  {
    final ArrayNode all = mapper.createArrayNode();
    final boolean encoded = question.has("recordsHex");
    for (JsonNode record : question.get(encoded ? "recordsHex" : "records")) {
      final byte[] value;
      if (record.isNull()) {
        value = null;
      } else if (encoded) {
        value = HexFormat.of().parseHex(record.asText());
      } else {
        value = record.asText().getBytes(StandardCharsets.UTF_8);
      }
      final ObjectNode one = all.addObject();
      one.set("rows", read(question, value, null, one));
      if (question.hasNonNull("filter")) {
        final ObjectNode ignored = mapper.createObjectNode();
        one.set("passed", read(question, value, mapper.convertValue(question.get("filter"), DimFilter.class), ignored));
      }
      if (question.hasNonNull("rule")) {
        final ObjectNode rule = mapper.createObjectNode().put("type", "expression");
        rule.set("expression", question.get("rule"));
        final ObjectNode ignored = mapper.createObjectNode();
        one.set("onTime", read(question, value, mapper.convertValue(rule, DimFilter.class), ignored));
      }
    }
    return all;
  }

  private ArrayNode read(JsonNode question, byte[] value, DimFilter filter, ObjectNode counts) throws Exception
  {
    final ObjectNode wrapped = mapper.createObjectNode();
    wrapped.put("type", "kafka");
    wrapped.put("timestampColumnName", ARRIVAL);
    wrapped.set("valueFormat", question.get("valueFormat"));
    final InputFormat format = mapper.convertValue(wrapped, InputFormat.class);
    final RowIngestionMeters meters = new SimpleRowIngestionMeters();
    final StreamChunkParser<KafkaRecordEntity> parser = new StreamChunkParser<>(
        null,
        format,
        new InputRowSchema(
            mapper.convertValue(question.get("timestampSpec"), TimestampSpec.class),
            DimensionsSpec.builder().setDefaultSchemaDimensions(List.of("d")).build(),
            ColumnsFilter.all()
        ),
        new TransformSpec(filter, null),
        new File("/tmp"),
        row -> row != null,
        meters,
        new ParseExceptionHandler(meters, false, Integer.MAX_VALUE, 0)
    );
    final ArrayNode rows = mapper.createArrayNode();
    try {
      final List<KafkaRecordEntity> chunk = value == null ? null : List.of(new KafkaRecordEntity(record(value)));
      for (InputRow row : parser.parse(chunk, false)) {
        rows.add(row.getTimestampFromEpoch());
      }
    }
    catch (Throwable e) {
      counts.put("fatal", e.getClass().getSimpleName() + ": " + e.getMessage());
    }
    counts.put("unparseable", meters.getUnparseable());
    counts.put("thrown", meters.getThrownAway());
    return rows;
  }

  private static ConsumerRecord<byte[], byte[]> record(byte[] value)
  {
    return new ConsumerRecord<>(
        "t", 0, 0L, 1767225600000L, TimestampType.CREATE_TIME, 0, value.length, null, value, new RecordHeaders(),
        Optional.empty()
    );
  }
}
