// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.jni.sdf.LoadingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading, packing, and what a module must not be asked; the calls are tested by the driver. */
class Pkcs11ModuleTest {
  private static final MechanismParameters VENDORS = MechanismParameters.none(0x80000001L);

  @TempDir Path folder;

  private static Path fake(String name) {
    return Path.of(System.getProperty("berth.test.fakes.dir"), "lib" + name + ".so");
  }

  private static Pkcs11Module open() throws Exception {
    Pkcs11Module module = Pkcs11Module.open(fake("fake_pkcs11"), LoadingMode.DEFAULT);
    module.initialize(true);
    return module;
  }

  @Test
  void what_is_no_module_is_refused_by_its_name() throws Exception {
    Path text = Files.writeString(folder.resolve("libtext.so"), "no library");
    for (Path file : new Path[] {text, folder.resolve("missing.so"), fake("fake_sdf")}) {
      Pkcs11LoadException e =
          assertThrows(
              Pkcs11LoadException.class, () -> Pkcs11Module.open(file, LoadingMode.DEFAULT));
      assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
      assertEquals(file, e.module());
    }
  }

  @Test
  void functions_that_are_not_there_are_not_called() throws Exception {
    Pkcs11Module module = open();
    long session = module.openSession(module.slots()[0], true);
    Pkcs11Exception e =
        assertThrows(
            Pkcs11Exception.class,
            () -> module.digest(session, MechanismParameters.none(0x250), Data.of((byte) 1)));
    assertEquals(Ckr.FUNCTION_NOT_SUPPORTED, e.code());
    module.closeSession(session);
    module.finish();
  }

  @Test
  void a_template_that_is_cut_is_refused_before_the_module_sees_it() throws Exception {
    Pkcs11Module module = open();
    byte[] packed = new AttributeTemplate().put(3, "label").put(0, 4L).pack();
    byte[] tooLong = packed.clone();
    tooLong[8] = 127; // The first value's length.
    long[][] found = new long[1][];
    long loaded =
        Pkcs11Natives.load(
            fake("fake_pkcs11").toString().getBytes(java.nio.charset.StandardCharsets.UTF_8),
            true,
            false,
            false,
            new byte[1][],
            new long[1]);
    long session = module.openSession(module.slots()[0], true);
    assertEquals(Ckr.ARGUMENTS_BAD, Pkcs11Natives.findObjects(loaded, session, tooLong, found));
    for (int bytes = 1; bytes < packed.length; bytes++) {
      byte[] cut = java.util.Arrays.copyOf(packed, bytes);
      long code = Pkcs11Natives.findObjects(loaded, session, cut, found);
      assertTrue(code == Ckr.ARGUMENTS_BAD || bytes % 8 == 0, "cut at " + bytes + ": " + code);
    }
    module.closeSession(session);
    module.finish();
  }

  @Test
  void a_pin_that_a_key_asks_for_is_a_step_of_its_own() throws Exception {
    Pkcs11Module module = open();
    long session = module.openSession(module.slots()[0], true);
    module.login(session, Pkcs11Module.USER, new byte[] {'1', '2', '3', '4'});
    byte[] wrong = {'4', '3', '2', '1'};
    Pkcs11Exception e =
        assertThrows(
            Pkcs11Exception.class,
            () -> module.sign(session, VENDORS, 99, wrong, Data.of((byte) 1)));
    assertEquals(Ckr.PIN_INCORRECT, e.code());
    assertEquals("C_Login (context-specific)", e.function());
    assertTrue(e.isSessionTainted(), "the signature that was begun is still active");
    module.closeSession(session);
    module.finish();
  }

  @Test
  void codes_are_told_by_name_and_number() {
    assertEquals("CKR_DATA_LEN_RANGE (0x00000021)", Ckr.describe(Ckr.DATA_LEN_RANGE));
    assertEquals("a code of the vendor's (0x80000042)", Ckr.describe(0x80000042L));
    assertEquals("an unknown code (0x00007777)", Ckr.describe(0x7777));
    assertThrows(
        Pkcs11Exception.class, () -> Pkcs11Exception.check("C_Sign", Pkcs11Natives.OUT_OF_BOUNDS));
  }

  @Test
  void a_piece_must_lie_within_its_array() {
    assertThrows(IndexOutOfBoundsException.class, () -> new Data(new byte[3], 2, 2));
    AttributeTemplate full = new AttributeTemplate();
    for (long type = 0; type < AttributeTemplate.ATTRIBUTES_MAX; type++) {
      full.put(type, true);
    }
    full.put(0, false);
    assertThrows(IllegalArgumentException.class, () -> full.put(4711, true));
  }
}
