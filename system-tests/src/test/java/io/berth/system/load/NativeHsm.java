// SPDX-License-Identifier: Apache-2.0
package io.berth.system.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.berth.system.broker.Installation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.util.HexFormat;

/** The C client's typed HSM calls, made by a process of their own; see hsm_dialogue.c. */
public final class NativeHsm implements AutoCloseable {
  private final Process process;
  private final Writer commands;
  private final BufferedReader answers;

  public NativeHsm(String socket) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(Installation.nativeHsm().toString(), socket);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    process = builder.start();
    commands = process.outputWriter(US_ASCII);
    answers = new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII));
  }

  /** The answer's line: {@code ok HEX}, or {@code STATUS reason: text}. */
  public String ask(Object... words) {
    StringBuilder line = new StringBuilder();
    for (Object word : words) {
      line.append(line.isEmpty() ? "" : " ").append(text(word));
    }
    try {
      commands.write(line.append('\n').toString());
      commands.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new AssertionError("the C client ended at: " + line);
      }
      return answer;
    } catch (IOException e) {
      throw new AssertionError("the C client is gone at: " + line, e);
    }
  }

  private static String text(Object word) {
    if (word instanceof byte[] bytes) {
      return bytes.length == 0 ? "-" : HexFormat.of().formatHex(bytes);
    }
    return word.toString();
  }

  /** As that; what a command that must succeed returns. */
  public byte[] result(Object... words) {
    String answer = ask(words);
    if (!answer.startsWith("ok ")) {
      throw new AssertionError(words[0] + ": " + answer);
    }
    return HexFormat.of().parseHex(answer.substring(3));
  }

  @Override
  public void close() throws IOException, InterruptedException {
    commands.close();
    process.destroyForcibly();
    process.waitFor();
    answers.close();
  }
}
