// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.MacRequest;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthReply;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.hsm.v1.WrappedKey;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.sdf.CardBench.Outcome;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.bouncycastle.crypto.engines.SM4Engine;
import org.bouncycastle.crypto.modes.AEADBlockCipher;
import org.bouncycastle.crypto.modes.CCMBlockCipher;
import org.bouncycastle.crypto.modes.GCMBlockCipher;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** SM4 in GCM and CCM against Bouncy Castle, shorter and longer than one call of the card. */
class SdfSealingTest {
  private static final byte[] KEY = HexFormat.of().parseHex("fedcba98765432100123456789abcdef");
  private static final int CARD_BYTES = 512;

  private static CardBench bench;
  private static WrappedKey wrapped;

  @BeforeAll
  static void open() throws Exception {
    SoftwareCard card = SoftwareCard.ofThisProcess();
    card.behave("buffer_size", Integer.toString(CARD_BYTES));
    bench = CardBench.open(card);
    byte[] kek = HexFormat.of().parseHex(SoftwareCard.KEK_HEX);
    wrapped =
        WrappedKey.newBuilder()
            .setBlob(ByteString.copyFrom(Reference.sm4(Algorithm.SM4_ECB, true, kek, null, KEY)))
            .build();
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  private static byte[] data(int bytes) {
    byte[] made = new byte[bytes];
    new Random(bytes).nextBytes(made);
    return made;
  }

  /** Data and tag. */
  private static byte[] reference(
      Sm4AuthMode mode, boolean seal, byte[] iv, byte[] aad, byte[] in, int tagBytes)
      throws Exception {
    AEADBlockCipher cipher =
        mode == Sm4AuthMode.SM4_AUTH_MODE_GCM
            ? GCMBlockCipher.newInstance(new SM4Engine())
            : CCMBlockCipher.newInstance(new SM4Engine());
    cipher.init(seal, new AEADParameters(new KeyParameter(KEY), 8 * tagBytes, iv, aad));
    byte[] out = new byte[cipher.getOutputSize(in.length)];
    int made = cipher.processBytes(in, 0, in.length, out, 0);
    return Arrays.copyOf(out, made + cipher.doFinal(out, made));
  }

  private static Sm4AuthRequest.Builder request(
      Sm4AuthMode mode, byte[] iv, byte[] aad, byte[] data) {
    return Sm4AuthRequest.newBuilder()
        .setKey(wrapped)
        .setMode(mode)
        .setIv(ByteString.copyFrom(iv))
        .setAad(ByteString.copyFrom(aad))
        .setData(ByteString.copyFrom(data));
  }

  @ParameterizedTest
  @EnumSource(
      value = Sm4AuthMode.class,
      names = {"SM4_AUTH_MODE_GCM", "SM4_AUTH_MODE_CCM"})
  void what_one_seals_the_other_opens_for_each_length(Sm4AuthMode mode) throws Exception {
    int[] ivs =
        mode == Sm4AuthMode.SM4_AUTH_MODE_GCM ? new int[] {12, 1, 16, 60} : new int[] {12, 7, 13};
    for (int ivBytes : ivs) {
      byte[] iv = data(ivBytes);
      for (int bytes : new int[] {0, 1, 15, 16, 17, 511, 512, 513, 1024, 3001}) {
        byte[] aad = data(bytes % 40);
        byte[] expected = reference(mode, true, iv, aad, data(bytes), 16);
        Sm4AuthReply sealed =
            Sm4AuthReply.parseFrom(
                bench.call(
                    HsmOperation.SM4_SEAL, "kek", request(mode, iv, aad, data(bytes)).build()));
        assertArrayEquals(
            expected, sealed.getData().concat(sealed.getTag()).toByteArray(), bytes + " bytes");
        Bytes opened =
            Bytes.parseFrom(
                bench.call(
                    HsmOperation.SM4_OPEN,
                    "kek",
                    request(mode, iv, aad, Arrays.copyOf(expected, bytes))
                        .setTag(ByteString.copyFrom(expected, bytes, 16))
                        .build()));
        assertArrayEquals(data(bytes), opened.getData().toByteArray());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Sm4AuthMode.class,
      names = {"SM4_AUTH_MODE_GCM", "SM4_AUTH_MODE_CCM"})
  void nothing_of_what_was_altered_comes_out(Sm4AuthMode mode) throws Exception {
    byte[] iv = data(12);
    for (int bytes : new int[] {16, 2000}) {
      byte[] sealed = reference(mode, true, iv, data(20), data(bytes), 16);
      for (int at : new int[] {0, bytes - 1, bytes, bytes + 15}) {
        byte[] altered = sealed.clone();
        altered[at] ^= 1;
        ByteBuffer output = ByteBuffer.allocateDirect(bytes);
        Outcome outcome =
            bench.execute(
                0,
                HsmOperation.SM4_OPEN,
                "kek",
                request(mode, iv, data(20), Arrays.copyOf(altered, bytes))
                    .setTag(ByteString.copyFrom(altered, bytes, 16))
                    .build()
                    .toByteArray(),
                null,
                output);
        assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
        for (int i = 0; i < bytes; i++) {
          assertEquals(0, output.get(i), "byte " + i + " came out");
        }
      }
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(
                  HsmOperation.SM4_OPEN,
                  "kek",
                  request(mode, iv, data(19), Arrays.copyOf(sealed, bytes))
                      .setTag(ByteString.copyFrom(sealed, bytes, 16))
                      .build())
              .status);
    }
  }

  @Test
  void blocks_carry_the_data_both_ways() throws Exception {
    byte[] iv = data(12);
    ByteBuffer input = ByteBuffer.allocateDirect(1500).put(data(1500)).flip();
    ByteBuffer output = ByteBuffer.allocateDirect(1500);
    Outcome outcome =
        bench.execute(
            0,
            HsmOperation.SM4_SEAL,
            "kek",
            request(Sm4AuthMode.SM4_AUTH_MODE_GCM, iv, data(3), data(0)).build().toByteArray(),
            input,
            output);
    assertEquals(Status.OK, outcome.status, outcome.text);
    assertEquals(1500, outcome.outputBytes);
    Sm4AuthReply reply = Sm4AuthReply.parseFrom(outcome.payload);
    assertTrue(reply.getData().isEmpty());
    byte[] found = new byte[1500];
    output.get(0, found);
    byte[] expected = reference(Sm4AuthMode.SM4_AUTH_MODE_GCM, true, iv, data(3), data(1500), 16);
    assertArrayEquals(Arrays.copyOf(expected, 1500), found);
    assertArrayEquals(Arrays.copyOfRange(expected, 1500, 1516), reply.getTag().toByteArray());
    Outcome small =
        bench.execute(
            0,
            HsmOperation.SM4_SEAL,
            "kek",
            request(Sm4AuthMode.SM4_AUTH_MODE_GCM, iv, data(3), data(0)).build().toByteArray(),
            input,
            ByteBuffer.allocateDirect(1499));
    assertEquals(Status.INVALID_ARGUMENT, small.status);
  }

  @ParameterizedTest
  @EnumSource(
      value = Sm4AuthMode.class,
      names = {"SM4_AUTH_MODE_GCM", "SM4_AUTH_MODE_CCM"})
  void additional_data_may_stand_in_the_block_before_the_data(Sm4AuthMode mode) throws Exception {
    byte[] iv = data(12);
    for (int bytes : new int[] {0, 5, 1500}) {
      byte[] aad = data(CARD_BYTES);
      byte[] expected = reference(mode, true, iv, aad, data(bytes), 16);
      Sm4AuthRequest.Builder asked = request(mode, iv, data(0), data(0)).setAadBytes(aad.length);
      Outcome sealed =
          bench.execute(
              0,
              HsmOperation.SM4_SEAL,
              "kek",
              asked.build().toByteArray(),
              block(aad, data(bytes)),
              null);
      assertEquals(Status.OK, sealed.status, sealed.text);
      Sm4AuthReply reply = Sm4AuthReply.parseFrom(sealed.payload);
      assertArrayEquals(expected, reply.getData().concat(reply.getTag()).toByteArray());
      asked.setTag(reply.getTag());
      Outcome opened =
          bench.execute(
              0,
              HsmOperation.SM4_OPEN,
              "kek",
              asked.build().toByteArray(),
              block(aad, reply.getData().toByteArray()),
              null);
      assertArrayEquals(data(bytes), Bytes.parseFrom(opened.payload).getData().toByteArray());
      aad[CARD_BYTES - 1] ^= 1;
      assertEquals(
          Status.INVALID_ARGUMENT,
          bench.execute(
                  0,
                  HsmOperation.SM4_OPEN,
                  "kek",
                  asked.build().toByteArray(),
                  block(aad, reply.getData().toByteArray()),
                  null)
              .status);
    }
  }

  private static ByteBuffer block(byte[] aad, byte[] data) {
    return ByteBuffer.allocateDirect(aad.length + data.length).put(aad).put(data).flip();
  }

  @Test
  void additional_data_that_is_not_in_the_block_is_refused() {
    Sm4AuthRequest.Builder asked =
        request(Sm4AuthMode.SM4_AUTH_MODE_GCM, data(12), data(0), data(0));
    Sm4AuthRequest[] wrong = {
      asked.clone().setAadBytes(101).build(),
      asked.clone().setAadBytes(-1).build(),
      asked.clone().setAadBytes(5).setAad(ByteString.copyFrom(data(5))).build(),
      asked.clone().setAadBytes(5).setData(ByteString.copyFrom(data(5))).build()
    };
    for (Sm4AuthRequest each : wrong) {
      for (ByteBuffer block : new ByteBuffer[] {ByteBuffer.allocateDirect(100), null}) {
        Outcome outcome =
            bench.execute(0, HsmOperation.SM4_SEAL, "kek", each.toByteArray(), block, null);
        assertEquals(Status.INVALID_ARGUMENT, outcome.status, each + outcome.text);
      }
    }
    Outcome tooLong =
        bench.execute(
            0,
            HsmOperation.SM4_SEAL,
            "kek",
            asked.clone().setAadBytes(CARD_BYTES + 1).build().toByteArray(),
            ByteBuffer.allocateDirect(2 * CARD_BYTES),
            null);
    assertEquals(Status.INVALID_ARGUMENT, tooLong.status);
    assertTrue(tooLong.text.startsWith("aad: "), tooLong.text);
  }

  @Test
  void shorter_tags_are_beginnings_in_gcm_and_tags_of_their_own_in_ccm() throws Exception {
    byte[] iv = data(12);
    for (Sm4AuthMode mode :
        new Sm4AuthMode[] {Sm4AuthMode.SM4_AUTH_MODE_GCM, Sm4AuthMode.SM4_AUTH_MODE_CCM}) {
      byte[] expected = reference(mode, true, iv, data(5), data(100), 12);
      Sm4AuthReply sealed =
          Sm4AuthReply.parseFrom(
              bench.call(
                  HsmOperation.SM4_SEAL,
                  "kek",
                  request(mode, iv, data(5), data(100)).setTagBytes(12).build()));
      assertArrayEquals(expected, sealed.getData().concat(sealed.getTag()).toByteArray());
    }
    byte[] longer = reference(Sm4AuthMode.SM4_AUTH_MODE_GCM, true, iv, data(5), data(600), 13);
    Sm4AuthReply sealed =
        Sm4AuthReply.parseFrom(
            bench.call(
                HsmOperation.SM4_SEAL,
                "kek",
                request(Sm4AuthMode.SM4_AUTH_MODE_GCM, iv, data(5), data(600))
                    .setTagBytes(13)
                    .build()));
    assertArrayEquals(longer, sealed.getData().concat(sealed.getTag()).toByteArray());
  }

  @Test
  void what_no_mode_has_is_refused() {
    Sm4AuthMode gcm = Sm4AuthMode.SM4_AUTH_MODE_GCM;
    Sm4AuthMode ccm = Sm4AuthMode.SM4_AUTH_MODE_CCM;
    Sm4AuthRequest[] wrong = {
      request(gcm, data(0), data(0), data(5)).build(),
      request(gcm, data(4097), data(0), data(5)).build(),
      request(ccm, data(6), data(0), data(5)).build(),
      request(ccm, data(14), data(0), data(5)).build(),
      request(gcm, data(12), data(0), data(5)).setTagBytes(11).build(),
      request(gcm, data(12), data(0), data(5)).setTagBytes(17).build(),
      request(ccm, data(12), data(0), data(5)).setTagBytes(5).build(),
      request(ccm, data(12), data(0), data(600)).setTagBytes(8).build(),
      request(gcm, data(12), data(CARD_BYTES + 1), data(5)).build(),
      request(gcm, data(12), data(0), data(5)).setModeValue(3).build(),
      request(gcm, data(12), data(0), data(5)).clearMode().build(),
      request(gcm, data(12), data(0), data(5)).setTag(ByteString.copyFrom(data(16))).build(),
      request(gcm, data(12), data(0), data(5)).setSessionKey(5).build(),
      request(gcm, data(12), data(0), data(5)).clearKey().build()
    };
    for (Sm4AuthRequest each : wrong) {
      Outcome outcome = bench.execute(HsmOperation.SM4_SEAL, "kek", each);
      assertEquals(Status.INVALID_ARGUMENT, outcome.status, each + outcome.text);
    }
    assertEquals(
        Status.INVALID_ARGUMENT,
        bench.execute(
                HsmOperation.SM4_OPEN, "kek", request(gcm, data(12), data(0), data(5)).build())
            .status);
  }

  @Test
  void an_hmac_is_as_tooLongas_it_likes() throws Exception {
    for (int bytes : new int[] {1, 512, 513, 5000}) {
      Bytes mac =
          Bytes.parseFrom(
              bench.call(
                  HsmOperation.HMAC_SM3,
                  "kek",
                  MacRequest.newBuilder()
                      .setKey(wrapped)
                      .setData(ByteString.copyFrom(data(bytes)))
                      .build()));
      assertArrayEquals(Reference.hmac(KEY, data(bytes)), mac.getData().toByteArray());
    }
  }
}
