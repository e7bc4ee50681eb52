// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static io.berth.worker.driver.hsm.pkcs11.TokenKeys.*;
import static org.junit.jupiter.api.Assertions.*;

import com.google.protobuf.ByteString;
import io.berth.shm.frame.HsmOperation;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.Sm4AuthMode;
import io.berth.shm.hsm.v1.Sm4AuthReply;
import io.berth.shm.hsm.v1.Sm4AuthRequest;
import io.berth.shm.hsm.v1.Sm4Mode;
import io.berth.shm.hsm.v1.Sm4Reply;
import io.berth.shm.hsm.v1.Sm4Request;
import io.berth.shm.status.Status;
import io.berth.worker.driver.hsm.pkcs11.TokenBench.Outcome;
import java.nio.ByteBuffer;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.jcajce.spec.AEADParameterSpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** SM4 in every mode on a token with GM algorithms, held against Bouncy Castle. */
class GmTokenSm4Test extends GmToken {
  @ParameterizedTest
  @CsvSource({
    "SM4_MODE_ECB,ECB,0",
    "SM4_MODE_CBC,CBC,0",
    "SM4_MODE_CFB,CFB,5",
    "SM4_MODE_OFB,OFB,5",
    "SM4_MODE_CTR,CTR,5"
  })
  void each_mode_agrees_with_the_reference_and_goes_on_over_pieces(
      Sm4Mode mode, String name, int more) throws Exception {
    byte[] iv = mode == Sm4Mode.SM4_MODE_ECB ? new byte[0] : filled(0xFF, 16);
    Cipher reference = Cipher.getInstance("SM4/" + name + "/NoPadding", BOUNCY_CASTLE);
    SecretKeySpec key = new SecretKeySpec(KEY, "SM4");
    if (iv.length == 0) {
      reference.init(Cipher.ENCRYPT_MODE, key);
    } else {
      reference.init(Cipher.ENCRYPT_MODE, key, new IvParameterSpec(iv));
    }
    byte[] plain = data(96 + more);
    byte[] expected = reference.doFinal(plain);
    assertArrayEquals(expected, inPieces(HsmOperation.SM4_ENCRYPT, mode, iv, plain, plain.length));
    assertArrayEquals(plain, inPieces(HsmOperation.SM4_DECRYPT, mode, iv, expected, plain.length));
    assertArrayEquals(expected, inPieces(HsmOperation.SM4_ENCRYPT, mode, iv, plain, 32));
    assertArrayEquals(plain, inPieces(HsmOperation.SM4_DECRYPT, mode, iv, expected, 32));
  }

  private byte[] inPieces(int operation, Sm4Mode mode, byte[] iv, byte[] data, int piece)
      throws Exception {
    ByteString out = ByteString.EMPTY;
    ByteString chaining = of(iv);
    for (int at = 0; at < data.length; at += piece) {
      byte[] part = Arrays.copyOfRange(data, at, Math.min(at + piece, data.length));
      Sm4Reply made =
          Sm4Reply.parseFrom(
              call(
                  operation,
                  "kek",
                  Sm4Request.newBuilder()
                      .setKey(wrapped(KEY))
                      .setMode(mode)
                      .setIv(chaining)
                      .setData(of(part))));
      out = out.concat(made.getData());
      chaining = made.getIv();
    }
    return out.toByteArray();
  }

  private static Cipher aead(Sm4AuthMode mode, int way, byte[] iv, byte[] aad, int tagBytes)
      throws Exception {
    boolean gcm = mode == Sm4AuthMode.SM4_AUTH_MODE_GCM;
    Cipher cipher =
        Cipher.getInstance("SM4/" + (gcm ? "GCM" : "CCM") + "/NoPadding", BOUNCY_CASTLE);
    cipher.init(
        way,
        new SecretKeySpec(KEY, "SM4"),
        gcm ? new GCMParameterSpec(8 * tagBytes, iv) : new AEADParameterSpec(iv, 8 * tagBytes));
    cipher.updateAAD(aad);
    return cipher;
  }

  private static Sm4AuthRequest.Builder auth(Sm4AuthMode mode, byte[] iv, byte[] aad)
      throws Exception {
    return Sm4AuthRequest.newBuilder()
        .setKey(wrapped(KEY))
        .setMode(mode)
        .setIv(of(iv))
        .setAad(of(aad));
  }

  @ParameterizedTest
  @CsvSource({
    "GCM,12,16,0",
    "GCM,12,16,33",
    "GCM,12,12,16",
    "GCM,12,13,5",
    "GCM,1,16,100",
    "GCM,200,16,100",
    "CCM,12,16,0",
    "CCM,7,4,33",
    "CCM,13,10,100"
  })
  void authenticated_modes_agree_with_the_reference_both_ways(
      String name, int ivBytes, int tagBytes, int bytes) throws Exception {
    Sm4AuthMode mode = Sm4AuthMode.valueOf("SM4_AUTH_MODE_" + name);
    byte[] iv = data(ivBytes);
    byte[] plain = data(bytes);
    for (byte[] aad : new byte[][] {{}, data(40)}) {
      byte[] expected = aead(mode, Cipher.ENCRYPT_MODE, iv, aad, tagBytes).doFinal(plain);
      Sm4AuthReply sealed =
          Sm4AuthReply.parseFrom(
              call(
                  HsmOperation.SM4_SEAL,
                  "kek",
                  auth(mode, iv, aad).setData(of(plain)).setTagBytes(tagBytes)));
      assertEquals(of(expected), sealed.getData().concat(sealed.getTag()));
      assertEquals(
          of(plain),
          Bytes.parseFrom(
                  call(
                      HsmOperation.SM4_OPEN,
                      "kek",
                      auth(mode, iv, aad).setData(sealed.getData()).setTag(sealed.getTag())))
              .getData());
    }
  }

  @Test
  void authenticated_data_travels_in_blocks() throws Exception {
    byte[] plain = data(200_000);
    byte[] iv = data(12);
    byte[] expected =
        aead(Sm4AuthMode.SM4_AUTH_MODE_GCM, Cipher.ENCRYPT_MODE, iv, new byte[0], 16)
            .doFinal(plain);
    ByteBuffer out = ByteBuffer.allocate(plain.length);
    byte[] asked = auth(Sm4AuthMode.SM4_AUTH_MODE_GCM, iv, new byte[0]).build().toByteArray();
    Outcome sealed =
        bench.execute(
            0,
            TokenBench.SESSION,
            HsmOperation.SM4_SEAL,
            "kek",
            asked,
            ByteBuffer.wrap(plain),
            out);
    assertEquals(Status.OK, sealed.status, sealed.text);
    assertEquals(plain.length, sealed.outputBytes);
    Sm4AuthReply reply = Sm4AuthReply.parseFrom(sealed.payload);
    assertTrue(reply.getData().isEmpty());
    assertEquals(of(expected), of(out.array()).concat(reply.getTag()));

    ByteBuffer back = ByteBuffer.allocate(plain.length);
    byte[] opening =
        auth(Sm4AuthMode.SM4_AUTH_MODE_GCM, iv, new byte[0])
            .setTag(reply.getTag())
            .build()
            .toByteArray();
    Outcome opened =
        bench.execute(0, TokenBench.SESSION, HsmOperation.SM4_OPEN, "kek", opening, out, back);
    assertEquals(Status.OK, opened.status, opened.text);
    assertArrayEquals(plain, back.array());
    Outcome noRoom =
        bench.execute(
            0,
            TokenBench.SESSION,
            HsmOperation.SM4_OPEN,
            "kek",
            opening,
            out,
            ByteBuffer.allocate(plain.length - 1));
    assertEquals(Status.INVALID_ARGUMENT, noRoom.status);
  }

  @ParameterizedTest
  @EnumSource(
      value = Sm4AuthMode.class,
      names = {"SM4_AUTH_MODE_GCM", "SM4_AUTH_MODE_CCM"})
  void what_is_not_genuine_is_told_as_that_and_not_shown(Sm4AuthMode mode) throws Exception {
    byte[] iv = data(12);
    Sm4AuthReply sealed =
        Sm4AuthReply.parseFrom(
            call(HsmOperation.SM4_SEAL, "kek", auth(mode, iv, data(5)).setData(of(data(50)))));
    Sm4AuthRequest.Builder right =
        auth(mode, iv, data(5)).setData(sealed.getData()).setTag(sealed.getTag());
    byte[] changed = sealed.getTag().toByteArray();
    changed[15] ^= 1;
    for (Sm4AuthRequest.Builder wrong :
        new Sm4AuthRequest.Builder[] {
          right.clone().setTag(of(changed)),
          right.clone().setAad(of(data(6))),
          right.clone().setIv(of(data(13)).substring(1)),
          right.clone().setData(sealed.getData().substring(1)),
          right.clone().setKey(wrapped(filled(1, 16)))
        }) {
      Outcome outcome = bench.execute(HsmOperation.SM4_OPEN, "kek", wrong.build());
      assertEquals(Status.INVALID_ARGUMENT, outcome.status, outcome.text);
      assertEquals(0x01000019, outcome.deviceCode); // SDR_MACERR
      assertTrue(outcome.text.startsWith("not genuine"), outcome.text);
      assertNull(outcome.payload);
    }
    assertEquals(
        of(data(50)), Bytes.parseFrom(call(HsmOperation.SM4_OPEN, "kek", right)).getData());
  }

  @Test
  void lengths_that_only_one_direction_would_take_are_refused_by_both() throws Exception {
    Sm4AuthRequest.Builder gcm = auth(Sm4AuthMode.SM4_AUTH_MODE_GCM, data(12), new byte[0]);
    Sm4AuthRequest.Builder ccm = auth(Sm4AuthMode.SM4_AUTH_MODE_CCM, data(12), new byte[0]);
    for (int tag : new int[] {1, 4, 8, 11, 17}) {
      assertInvalid("tag of", HsmOperation.SM4_SEAL, "kek", gcm.clone().setTagBytes(tag));
      assertInvalid("tag of", HsmOperation.SM4_OPEN, "kek", gcm.clone().setTag(of(data(tag))));
    }
    assertInvalid("tag of", HsmOperation.SM4_SEAL, "kek", ccm.clone().setTagBytes(5));
    assertInvalid("iv:", HsmOperation.SM4_SEAL, "kek", ccm.clone().setIv(of(data(6))));
    assertInvalid("iv:", HsmOperation.SM4_OPEN, "kek", gcm.clone().clearIv());
    assertInvalid("'tag'", HsmOperation.SM4_SEAL, "kek", gcm.clone().setTag(of(data(16))));
    assertInvalid("session_key", HsmOperation.SM4_SEAL, "kek", gcm.clone().setSessionKey(5));
    assertInvalid("mode", HsmOperation.SM4_SEAL, "kek", gcm.clone().clearMode());
  }
}
