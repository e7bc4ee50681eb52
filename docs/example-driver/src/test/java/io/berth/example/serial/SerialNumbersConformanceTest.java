// SPDX-License-Identifier: Apache-2.0
package io.berth.example.serial;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.*;

import io.berth.worker.testkit.DriverConformance;
import io.berth.worker.testkit.DriverUnderTest;
import io.berth.worker.testkit.Sample;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** What every driver has to do: the whole of it is said in one method. */
class SerialNumbersConformanceTest extends DriverConformance {
  private static final byte[] MEMO = "invoice of 泊位 Ltd.".getBytes(UTF_8);

  @TempDir static Path folder;

  @Override
  protected DriverUnderTest driver() {
    return DriverUnderTest.named("serial-numbers")
        .setting("file", folder.resolve("numbers").toString())
        .setting("lanes", "3")
        .exclusive()
        .refuses("file", null, "'file'")
        .refuses("file", folder.resolve("no/such/numbers").toString(), "no/such/numbers")
        .refuses("mots", "7", "'mots'", "did you mean 'most'?")
        .refuses("lanes", "99", "'lanes'", "1 to 16")
        .sample(
            Sample.of(SerialNumbers.NEXT, "", MEMO)
                .answering((memo, answer) -> assertTrue(number(answer.get(0)) >= 1))
                .malformed()
                .malformed(new byte[SerialNumbers.MEMO_BYTES + 1]))
        .sample(
            Sample.of(SerialNumbers.LAST, "")
                .answering((nothing, answer) -> assertTrue(number(answer.get(0)) >= 0)))
        .sample(
            Sample.made(SerialNumbers.HISTORY, "", SerialNumbersConformanceTest::lastButTwo)
                .streaming()
                .answering(
                    (first, memos) -> {
                      assertTrue(memos.size() >= 3);
                      memos.forEach(memo -> assertEquals(SerialNumbers.MEMO_BYTES, memo.length));
                    })
                .malformed()
                .malformed(new byte[7])
                .malformed(new byte[9]));
  }

  private static byte[] lastButTwo(Sample.Caller caller) {
    long last = 0;
    for (int i = 0; i < 3; i++) {
      last = number(caller.call(SerialNumbers.NEXT, "", MEMO));
    }
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(last - 2).array();
  }

  private static long number(byte[] answer) {
    return ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }
}
