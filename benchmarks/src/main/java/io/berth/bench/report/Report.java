// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.report;

import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What a benchmark found, and on what machine. */
public record Report(
    String bench, Map<String, Object> machine, List<Row> rows, List<Mark.Verdict> marks) {
  /** What the file holds: these three members and no others. */
  private record Document(String bench, Map<String, Object> machine, List<Row> rows) {}

  public void writeJson(Path file) throws IOException {
    String json =
        new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeSpecialFloatingPointValues()
            .create()
            .toJson(new Document(bench, machine, rows));
    Files.writeString(file, json + "\n");
  }
}
