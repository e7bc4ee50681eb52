// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.echo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.shm.frame.EchoOperation;
import io.berth.shm.status.Status;
import io.berth.worker.testkit.DriverConformance;
import io.berth.worker.testkit.DriverUnderTest;
import io.berth.worker.testkit.Sample;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

class EchoConformanceTest extends DriverConformance {
  private static final byte[] HELLO = "hello, 泊位".getBytes(UTF_8);

  @Override
  protected DriverUnderTest driver() {
    Sample.Check echo = (request, parts) -> assertArrayEquals(request, parts.get(0));
    DriverUnderTest subject =
        DriverUnderTest.named("echo")
            .setting("lanes", "3")
            .setting("loading", "now") // The broker says it to every driver.
            .anyName()
            .refuses("mode", "sideways", "mode", "'sideways'", "inline or lanes")
            .refuses("lanes", "0", "lanes", "1 to 1024", "'0'")
            .refuses("lanes", "many", "lanes", "'many'")
            .refuses("fautls", "true", "'fautls'", "did you mean 'faults'?")
            .refuses("colour", "red", "'colour'", "known are mode, lanes, faults")
            .refuses("faults", "yes", "faults", "true or false")
            .sample(Sample.of(EchoOperation.ECHO, "", HELLO).answering(echo))
            .sample(Sample.of(EchoOperation.ECHO, "").answering(echo))
            .sample(Sample.of(EchoOperation.ONCE, "any/name", HELLO).answering(echo))
            .sample(
                Sample.of(EchoOperation.DELAY, "", words(1000, 0x55AA))
                    .answering(echo)
                    .malformed()
                    .malformed((byte) 1, (byte) 0, (byte) 0))
            .sample(
                Sample.of(EchoOperation.COUNT, "", words(5, 100))
                    .streaming()
                    .answering(
                        (request, parts) -> {
                          assertEquals(5, parts.size());
                          for (byte i = 0; i < 5; i++) {
                            byte[] part = new byte[100];
                            Arrays.fill(part, i);
                            assertArrayEquals(part, parts.get(i));
                          }
                        })
                    .malformed(words(5))
                    .malformed(words(-1, 5))
                    .malformed(words(5, -1))
                    .malformed(words(5, 8193)))
            .sample(
                Sample.of(EchoOperation.TOUCH, "")
                    .reading(new byte[4096 * 3])
                    .answering((request, parts) -> assertArrayEquals(words(0, 0), parts.get(0))));
    for (int fault :
        new int[] {
          EchoOperation.CRASH, EchoOperation.HANG, EchoOperation.SCRIBBLE, EchoOperation.EXIT
        }) {
      subject.sample(Sample.of(fault, "").refused(Status.FAILED_PRECONDITION));
    }
    return subject;
  }

  private static byte[] words(int... values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Integer.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      bytes.putInt(value);
    }
    return bytes.array();
  }
}
