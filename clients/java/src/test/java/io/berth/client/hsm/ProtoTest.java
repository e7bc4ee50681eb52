// SPDX-License-Identifier: Apache-2.0
package io.berth.client.hsm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.Sm2PublicKey;
import io.berth.shm.hsm.v1.Sm2Signature;
import io.berth.shm.hsm.v1.Sm2VerifyRequest;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.hsm.v1.WrappedKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProtoTest {
  private final Random random = new Random(7);

  private byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  @Test
  void messages_are_written_byte_for_byte_as_protobuf_java_writes_them() {
    for (int size : new int[] {0, 1, 16, 127, 128, 300, 16_383, 16_384, 70_000}) {
      byte[] data = bytes(size);
      byte[] iv = bytes(16);
      byte[] blob = bytes(40);
      byte[] theirs =
          Sm4Request.newBuilder()
              .setKey(WrappedKey.newBuilder().setBlob(ByteString.copyFrom(blob)))
              .setMode(Sm4Mode.SM4_MODE_CTR)
              .setIv(ByteString.copyFrom(iv))
              .setData(ByteString.copyFrom(data))
              .build()
              .toByteArray();
      byte[] ours =
          new ProtoWriter()
              .message(1, new ProtoWriter().bytes(1, blob).toBytes())
              .number(2, io.berth.client.hsm.Sm4Mode.CTR.number())
              .bytes(3, iv)
              .bytes(4, data)
              .toBytes();
      assertArrayEquals(theirs, ours);
    }
    byte[] r = bytes(32);
    byte[] s = bytes(32);
    assertArrayEquals(
        Sm2VerifyRequest.newBuilder()
            .setDigest(ByteString.copyFrom(r))
            .setSignature(
                Sm2Signature.newBuilder().setR(ByteString.copyFrom(r)).setS(ByteString.copyFrom(s)))
            .setPublicKey(
                Sm2PublicKey.newBuilder().setX(ByteString.copyFrom(s)).setY(ByteString.copyFrom(r)))
            .build()
            .toByteArray(),
        new ProtoWriter()
            .bytes(1, r)
            .message(4, new io.berth.client.hsm.Sm2Signature(r, s).encoded())
            .message(5, new io.berth.client.hsm.Sm2PublicKey(s, r).encoded())
            .toBytes());
    for (int number : new int[] {0, 1, 127, 128, 1 << 20, Integer.MAX_VALUE, -1}) {
      assertArrayEquals(
          io.berth.shm.hsm.v1.RandomRequest.newBuilder().setBytes(number).build().toByteArray(),
          new ProtoWriter().number(1, number).toBytes());
    }
    // Present though empty differs from absent.
    assertArrayEquals(
        Sm4Request.newBuilder().setKey(WrappedKey.getDefaultInstance()).build().toByteArray(),
        new ProtoWriter().message(1, new byte[0]).toBytes());
  }

  @Test
  void fields_of_a_newer_worker_are_skipped_whatever_their_type() {
    UnknownFieldSet.Field mixed =
        UnknownFieldSet.Field.newBuilder()
            .addVarint(-1L)
            .addFixed32(7)
            .addFixed64(9)
            .addLengthDelimited(ByteString.copyFrom(bytes(200)))
            .addGroup(
                UnknownFieldSet.newBuilder()
                    .addField(3, UnknownFieldSet.Field.newBuilder().addVarint(5).build())
                    .build())
            .build();
    byte[] data = bytes(20);
    byte[] message =
        Sm4Reply.newBuilder()
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(99, mixed)
                    .addField(536_870_911, mixed)
                    .build())
            .setData(ByteString.copyFrom(data))
            .build()
            .toByteArray();
    assertArrayEquals(data, Operation.data(message));
    byte[] behind = new byte[message.length + data.length + 2];
    System.arraycopy(message, 0, behind, 0, message.length);
    byte[] last =
        Bytes.newBuilder().setData(ByteString.copyFrom(new byte[] {1})).build().toByteArray();
    byte[] joined = Arrays.copyOf(behind, message.length + last.length);
    System.arraycopy(last, 0, joined, message.length, last.length);
    assertArrayEquals(new byte[] {1}, Operation.data(joined), "the last of several counts");
  }

  @Test
  void malformed_messages_are_refused_wherever_protobuf_java_refuses_them() {
    int refused = 0;
    for (byte[] each : spoiled()) {
      boolean theirs = theyRefuse(each);
      boolean ours;
      try {
        Operation.data(each);
        ours = false;
      } catch (MalformedMessageException e) {
        ours = true;
      }
      assertEquals(theirs, ours, Arrays.toString(each));
      refused += ours ? 1 : 0;
    }
    assertTrue(refused > 1000);
  }

  private List<byte[]> spoiled() {
    byte[] good =
        Bytes.newBuilder()
            .setData(ByteString.copyFrom(bytes(12)))
            .setUnknownFields(
                UnknownFieldSet.newBuilder()
                    .addField(
                        5,
                        UnknownFieldSet.Field.newBuilder()
                            .addVarint(300)
                            .addFixed64(1)
                            .addGroup(UnknownFieldSet.getDefaultInstance())
                            .build())
                    .build())
            .build()
            .toByteArray();
    List<byte[]> all = new ArrayList<>();
    for (int cut = 0; cut < good.length; cut++) {
      all.add(Arrays.copyOf(good, cut));
      for (int value = 0; value < 256; value++) {
        byte[] changed = good.clone();
        changed[cut] = (byte) value;
        all.add(changed);
      }
    }
    byte[] endless = new byte[11];
    Arrays.fill(endless, (byte) 0x80);
    all.add(endless);
    all.add(new byte[] {0x0A, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, 0x0F});
    all.add(new byte[] {0});
    all.add(new byte[] {0x0C});
    return all;
  }

  /**
   * By a message of nothing but bytes: a text must be UTF-8 for them, which is no matter of form.
   */
  private static boolean theyRefuse(byte[] message) {
    try {
      return Sm2PublicKey.parseFrom(message) == null;
    } catch (InvalidProtocolBufferException e) {
      return true;
    }
  }

  @Test
  void keys_and_signatures_have_exactly_32_bytes_a_number() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new io.berth.client.hsm.Sm2Signature(new byte[31], new byte[32]));
    byte[] shortOne =
        Sm2Signature.newBuilder().setR(ByteString.copyFrom(new byte[32])).build().toByteArray();
    assertThrows(
        MalformedMessageException.class, () -> io.berth.client.hsm.Sm2Signature.decoded(shortOne));
    assertFalse(
        new io.berth.client.hsm.Sm2Signature(new byte[32], new byte[32]).toBytes().length != 64);
  }
}
