// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import io.berth.shm.hsm.v1.DestroyObjectRequest;
import io.berth.shm.hsm.v1.KeyReference;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class FieldScanTest {
  @Test
  void a_number_is_found_behind_whatever_stands_before_it() {
    for (long number : new long[] {1, 127, 128, 0x7FFF_FFFF_FFFF_FFFFL, -1}) {
      byte[] message =
          Sm4Request.newBuilder()
              .setKey(WrappedKey.newBuilder().setBlob(ByteString.copyFrom(new byte[300])))
              .setMode(Sm4Mode.SM4_MODE_CTR)
              .setIv(ByteString.copyFrom(new byte[16]))
              .setData(ByteString.copyFrom(new byte[1000]))
              .setSessionKey(number)
              .build()
              .toByteArray();
      assertEquals(number, FieldScan.number(new UnsafeBuffer(message), 5));
      assertEquals(0, FieldScan.number(new UnsafeBuffer(message), 6));
      byte[] nested =
          DestroyObjectRequest.newBuilder()
              .setKey(KeyReference.newBuilder().setObject(number))
              .build()
              .toByteArray();
      assertEquals(number, FieldScan.numberIn(new UnsafeBuffer(nested), 1, 1));
    }
  }

  @Test
  void nonsense_of_any_length_has_no_number_and_does_no_harm() {
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] nonsense = new byte[random.nextInt(40)];
      random.nextBytes(nonsense);
      FieldScan.number(new UnsafeBuffer(nonsense), 1 + random.nextInt(6));
      FieldScan.numberIn(new UnsafeBuffer(nonsense), 1, 1);
    }
    assertEquals(0, FieldScan.number(new UnsafeBuffer(new byte[0]), 1));
    assertEquals(0, FieldScan.number(new UnsafeBuffer(new byte[] {0x0A, -1, -1, -1, -1, 0x7F}), 2));
  }
}
