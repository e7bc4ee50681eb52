// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import com.google.protobuf.UnsafeByteOperations;
import io.berth.jni.sdf.CardMemory;
import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfLibrary;
import io.berth.shm.hsm.v1.Bytes;
import io.berth.shm.hsm.v1.RandomRequest;
import io.berth.shm.hsm.v1.Sm3Request;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;

/** SM3 and random numbers: what needs no key. */
final class DigestOperations {
  private DigestOperations() {}

  static Bytes digest(CardSession session, Request request, Sm3Request asked)
      throws RequestException, SdfException {
    byte[] publicKey = null;
    byte[] id = null;
    if (asked.hasPublicKey()) {
      publicKey = Forms.publicKey(asked.getPublicKey());
      id = Forms.signerId(asked.getId());
    } else if (!asked.getId().isEmpty()) {
      throw RequestException.invalid("'id' without 'public_key'");
    }
    byte[] digest = sm3(session, publicKey, id, Chunks.of(request, asked.getData()));
    return Bytes.newBuilder().setData(UnsafeByteOperations.unsafeWrap(digest)).build();
  }

  /** SM3 of the data, or of Z and the data if there is a public key. */
  static byte[] sm3(CardSession session, byte[] publicKey, byte[] id, Chunks data)
      throws SdfException {
    SdfLibrary library = session.library();
    SdfException.check(
        "SDF_HashInit",
        library.hashInit(session.handle(), session.card().number(Algorithm.SM3), publicKey, id));
    CardMemory in = session.input();
    int longest = 0;
    try {
      Slice slice = session.slice(Slice.Work.DIGEST);
      while (data.hasNext()) {
        int bytes = data.next(in, slice.bytes());
        longest = Math.max(longest, bytes);
        slice.begin();
        SdfException.check("SDF_HashUpdate", library.hashUpdate(session.handle(), in, bytes));
        slice.end(bytes);
      }
    } finally {
      in.wipe(longest);
    }
    byte[] digest = new byte[Forms.DIGEST_BYTES];
    int[] length = new int[1];
    SdfException.check("SDF_HashFinal", library.hashFinal(session.handle(), digest, length));
    return digest;
  }

  static Bytes random(CardSession session, RandomRequest asked, int limitBytes)
      throws RequestException, SdfException {
    int bytes = asked.getBytes();
    if (bytes <= 0 || bytes > limitBytes) {
      throw RequestException.invalid(
          Integer.toUnsignedString(bytes) + " random bytes, expected 1 to " + limitBytes);
    }
    byte[] random = new byte[bytes];
    int atOnce = Math.min(session.card().dialect().randomBytesMost(), session.card().bufferBytes());
    for (int at = 0; at < bytes; at += atOnce) {
      SdfException.check(
          "SDF_GenerateRandom",
          session
              .library()
              .generateRandom(session.handle(), random, at, Math.min(atOnce, bytes - at)));
    }
    return Bytes.newBuilder().setData(UnsafeByteOperations.unsafeWrap(random)).build();
  }
}
