// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.jni.sdf.CardShape.CipherField;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The software card as each family presents it, called in its shape and in the others'. */
class DialectCallsTest {
  private static final int OK = SdfStatus.SDR_OK.code();
  private static final int KEY = 1;

  /** The four families: library, shape, and the number for encryption. */
  @SuppressWarnings("ImmutableEnumChecker") // A shape is immutable, though nothing says so.
  private enum Family {
    STANDARD("", CardShape.STANDARD, 0x20800),
    SANSEC(
        "-sansec",
        new CardShape(
            32,
            List.of(
                CipherField.LENGTH,
                CipherField.X,
                CipherField.Y,
                CipherField.DATA,
                CipherField.HASH),
            136,
            ThirdArgument.ALGORITHM,
            ThirdArgument.ALGORITHM,
            0,
            ThirdArgument.KEY_USAGE,
            512),
        0x20400),
    TONGSUO("-tongsuo", lists(ThirdArgument.ABSENT), 0x20800),
    OPENHITLS("-openhitls", lists(ThirdArgument.KEY_TYPE), 0x20800);

    private final String library;
    private final CardShape shape;
    private final int encrypt;

    Family(String library, CardShape shape, int encrypt) {
      this.library = library;
      this.shape = shape;
      this.encrypt = encrypt;
    }

    private static CardShape lists(ThirdArgument decrypt) {
      CardShape standard = CardShape.STANDARD;
      return new CardShape(
          standard.eccFieldBytes(),
          standard.cipherOrder(),
          standard.cipherCapacity(),
          ThirdArgument.ABSENT,
          decrypt,
          decrypt == ThirdArgument.KEY_TYPE ? 0x20800 : 0,
          standard.internalRsa(),
          standard.rsaModulusBytes());
    }

    SdfLibrary open() throws SdfLoadException {
      Path folder = Path.of(System.getProperty("berth.native.dir"));
      return SdfLibrary.open(
          folder.resolve("libberth-softcard" + library + ".so"), LoadingMode.DEFAULT, shape);
    }
  }

  private interface Work {
    void with(SdfLibrary card, long session);
  }

  @BeforeAll
  static void provision() throws Exception {
    SoftwareCardTest.provision();
  }

  private static void onCard(Family family, Work work) throws Exception {
    SdfLibrary card = family.open();
    long[] device = new long[1];
    long[] session = new long[1];
    assertEquals(OK, card.openDevice(device));
    assertEquals(OK, card.openSession(device[0], session));
    work.with(card, session[0]);
    assertEquals(OK, card.closeSession(session[0]));
    assertEquals(OK, card.closeDevice(device[0]));
  }

  private static byte[] counting(int bytes, int from) {
    byte[] array = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      array[i] = (byte) (i + from);
    }
    return array;
  }

  @ParameterizedTest
  @EnumSource
  void an_internal_key_decrypts_what_it_encrypts_up_to_the_structures_room(Family family)
      throws Exception {
    onCard(
        family,
        (card, session) -> {
          for (int bytes : new int[] {1, 16, 135, 136, 137, 600}) {
            byte[] plaintext = counting(bytes, 1);
            byte[] ciphertext = new byte[96 + bytes];
            byte[] back = new byte[bytes];
            int expected = family.shape.fits(bytes) ? OK : SdfStatus.SDR_INARGERR.code();
            assertEquals(
                expected,
                card.internalEncrypt(session, KEY, family.encrypt, plaintext, ciphertext));
            assertEquals(
                expected, card.internalDecrypt(session, KEY, family.encrypt, ciphertext, back));
            assertArrayEquals(expected == OK ? plaintext : new byte[bytes], back);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void the_argument_list_shows_without_harm_whatever_the_shape_says(Family family)
      throws Exception {
    onCard(
        family,
        (card, session) -> {
          byte[] first = counting(16, 1);
          byte[] second = counting(16, 101);
          byte[][] ciphertexts = new byte[2][96 + 16];
          byte[] publicKey = new byte[64];
          assertEquals(OK, card.exportEncPublicKey(session, KEY, publicKey));
          assertEquals(
              OK, card.externalEncrypt(session, family.encrypt, publicKey, first, ciphertexts[0]));
          assertEquals(
              OK, card.externalEncrypt(session, family.encrypt, publicKey, second, ciphertexts[1]));
          DecryptProbe probe =
              card.probeInternalDecrypt(
                  session, KEY, family.encrypt, ciphertexts[0], first, ciphertexts[1], second);
          assertEquals(
              family == Family.TONGSUO
                  ? DecryptProbe.Found.WITHOUT_NUMBER
                  : DecryptProbe.Found.WITH_NUMBER,
              probe.found());
          DecryptProbe unknown =
              card.probeInternalDecrypt(
                  session, KEY, 0x30000, ciphertexts[0], first, ciphertexts[1], second);
          assertEquals(
              family == Family.TONGSUO
                  ? DecryptProbe.Found.WITHOUT_NUMBER
                  : DecryptProbe.Found.NEITHER,
              unknown.found());
          DecryptProbe low =
              card.probeInternalDecrypt(
                  session, KEY, 1, ciphertexts[0], first, ciphertexts[1], second);
          assertEquals(DecryptProbe.Found.NOT_ASKED, low.found());
        });
  }

  @ParameterizedTest
  @EnumSource
  void a_card_called_in_other_structures_gives_no_number_at_all(Family family) throws Exception {
    onCard(
        family,
        (card, session) -> {
          byte[] right = new byte[64];
          byte[] out = new byte[64];
          assertEquals(OK, card.exportSignPublicKey(session, KEY, right));
          for (Family other : Family.values()) {
            SdfLibrary called = card.inShape(other.shape);
            assertEquals(other.shape, called.shape());
            boolean same = other.shape.hasStructuresOf(family.shape);
            int expected = same ? OK : SdfStatus.SDR_OUTARGERR.code();
            Arrays.fill(out, (byte) 0);
            assertEquals(expected, called.exportSignPublicKey(session, KEY, out));
            assertArrayEquals(same ? right : new byte[64], out);
            Arrays.fill(out, (byte) 0);
            assertEquals(expected, called.internalSign(session, KEY, counting(32, 1), out));
            assertEquals(!same, Arrays.equals(new byte[64], out));
            byte[] ciphertext = new byte[96 + 16];
            assertEquals(
                same, OK == called.internalVerify(session, KEY, counting(32, 1), out), "verifies");
            int wrapped = called.generateKeyWithIpk(session, KEY, 128, ciphertext, new long[1]);
            assertEquals(expected, wrapped);
          }
        });
  }
}
