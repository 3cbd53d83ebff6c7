// Asks Java and Druid's own classes how numbers and texts become one another. Reads one JSON question a line, answers one a line:
//   {"bits": ["0x3ff0000000000000", ...]}  [Double.toString of each]
//   {"texts": ["1.0", ...]}                [{"long":, "tryLong":, "exactLong":, "double": "bits"}, ...], null where there is none
//   {"pairs": [["a", "b"], ...]}           [[sign of the comparator numeric, of lexicographic], ...]
package org.apache.druid.indexing.seekablestream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.primitives.Doubles;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.apache.druid.common.guava.GuavaUtils;
import org.apache.druid.query.ordering.StringComparators;
import org.apache.druid.segment.DimensionHandlerUtils;

public class DruidNumbers
{
  private static final ObjectMapper MAPPER = new ObjectMapper();

  public static void main(String[] args) throws Exception
  {
    final PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      final JsonNode question = MAPPER.readTree(line);
      final ArrayNode all = MAPPER.createArrayNode();
      for (JsonNode bits : question.path("bits")) {
        all.add(Double.toString(Double.longBitsToDouble(Long.parseUnsignedLong(bits.asText().substring(2), 16))));
      }
      for (JsonNode text : question.path("texts")) {
        all.add(read(text.asText()));
      }
      for (JsonNode pair : question.path("pairs")) {
        final String a = pair.get(0).asText();
        final String b = pair.get(1).asText();
        all.addArray()
           .add(Integer.signum(StringComparators.NUMERIC.compare(a, b)))
           .add(Integer.signum(StringComparators.LEXICOGRAPHIC.compare(a, b)));
      }
      answers.println(MAPPER.writeValueAsString(all));
    }
  }

  private static ObjectNode read(String text)
  {
    final ObjectNode one = MAPPER.createObjectNode();
    try {
      one.put("long", Long.parseLong(text));
    }
    catch (NumberFormatException e) {
      one.putNull("long");
    }
    one.put("tryLong", GuavaUtils.tryParseLong(text));
    one.put("exactLong", DimensionHandlerUtils.getExactLongFromDecimalString(text));
    final Double number = Doubles.tryParse(text);
    one.put("double", number == null ? null : String.format("0x%016x", Double.doubleToLongBits(number)));
    return one;
  }
}
