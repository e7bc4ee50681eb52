// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import com.google.protobuf.ByteString;
import io.berth.jni.pkcs11.MechanismParameters;
import io.berth.shm.hsm.v1.MechanismReply;
import io.berth.shm.hsm.v1.MechanismRequest;
import io.berth.worker.driver.Reply;
import io.berth.worker.driver.Request;
import io.berth.worker.driver.RequestException;
import io.berth.worker.driver.hsm.OutputBlock;
import java.io.IOException;

/** Encryption and decryption (PKCS #11 2.40, 5.8 and 5.9). */
final class CipherOperations {
  private CipherOperations() {}

  /**
   * What comes out, in the reply or in the OUTPUT block.
   *
   * @return the encoded MechanismReply, which the caller wipes
   */
  static byte[] cipher(
      TokenSession session,
      Request request,
      Reply reply,
      MechanismRequest asked,
      Family family,
      boolean encrypt)
      throws IOException, RequestException {
    Families.need(asked.getMechanism(), family);
    if (!encrypt) {
      Families.needPrivateUse(asked.getMechanism(), request.operation());
    }
    return run(
        session, request, reply, asked, encrypt, Mechanisms.of(asked.getMechanism().getType()));
  }

  /**
   * As {@link #cipher}, of whatever family.
   *
   * @param like the mechanism of the standard that chains as this one does; null: none
   */
  static byte[] run(
      TokenSession session,
      Request request,
      Reply reply,
      MechanismRequest asked,
      boolean encrypt,
      Mechanisms like)
      throws IOException, RequestException {
    byte[] out = null;
    try (Input data = Input.of(request, asked.getData())) {
      int plain = data.size() - (encrypt ? 0 : asked.getMechanism().getTagBits() / 8);
      MechanismParameters mechanism =
          MechanismForms.of(session.vendors(), asked.getMechanism(), Math.max(plain, 0));
      Role role = encrypt ? Role.ENCRYPT : Role.DECRYPT;
      TokenObject key = Keys.find(session, request, asked.getKey(), role, asked.getMechanism());
      out =
          encrypt
              ? session.module().encrypt(session.handle(), mechanism, key.handle(), data.data())
              : ContextLogin.with(
                  session,
                  key,
                  pin ->
                      session
                          .module()
                          .decrypt(session.handle(), mechanism, key.handle(), pin, data.data()));
      ByteString iv =
          ChainingValue.after(like, asked.getMechanism(), encrypt, data.array(), data.size(), out);
      return answer(request, reply, out, iv);
    } finally {
      Wiping.wipe(out);
    }
  }

  private static byte[] answer(Request request, Reply reply, byte[] out, ByteString iv)
      throws IOException, RequestException {
    MechanismReply.Builder answer = MechanismReply.newBuilder().setIv(iv);
    OutputBlock.needRoom(request, reply, out.length);
    if (!OutputBlock.put(request, reply, out, out.length)) {
      answer.setData(Wiping.wrap(out));
    }
    return Wiping.encode(answer.build());
  }
}
