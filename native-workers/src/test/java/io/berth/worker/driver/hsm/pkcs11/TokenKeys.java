// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import io.berth.shm.hsm.v1.Attribute;
import io.berth.shm.hsm.v1.Mechanism;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Random;

/** Keys that both sides have, and short ways to write messages. */
final class TokenKeys {
  private TokenKeys() {}

  static KeyPair rsa(int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  static KeyPair ec(String curve) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec(curve));
    return generator.generateKeyPair();
  }

  /** Puts a pair on the token. */
  static void put(SoftToken token, KeyPair pair, String name, String id) throws Exception {
    Path pem = token.folder().resolve("import.pem");
    String body =
        Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII))
            .encodeToString(pair.getPrivate().getEncoded());
    Files.writeString(
        pem, "-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n");
    token.importKey(pem, name, id);
    Files.delete(pem);
  }

  static Mechanism mechanism(Mechanisms type) {
    return Mechanism.newBuilder().setType(type.number()).build();
  }

  static Mechanism iv(Mechanisms type, byte... iv) {
    return Mechanism.newBuilder().setType(type.number()).setIv(of(iv)).build();
  }

  static Mechanism pss(Mechanisms type, Mechanisms hash, int mgf, int saltBytes) {
    return Mechanism.newBuilder()
        .setType(type.number())
        .setHash(hash.number())
        .setMgf(mgf)
        .setSaltBytes(saltBytes)
        .build();
  }

  static Attribute attribute(long type, byte... value) {
    return Attribute.newBuilder().setType(type).setValue(of(value)).build();
  }

  static Attribute flag(long type, boolean value) {
    return attribute(type, (byte) (value ? 1 : 0));
  }

  static Attribute number(long type, long value) {
    byte[] bytes = new byte[Long.BYTES];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return attribute(type, bytes);
  }

  static ByteString of(byte... bytes) {
    return ByteString.copyFrom(bytes);
  }

  static byte[] data(int bytes) {
    byte[] made = new byte[bytes];
    new Random(bytes).nextBytes(made);
    return made;
  }
}
