// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SdfLoadingTest {
  private static final Path FAKES = Path.of(System.getProperty("berth.test.fakes.dir"));

  @TempDir Path folder;

  private static Path fake(String name) {
    return FAKES.resolve("lib" + name + ".so");
  }

  private static String refusal(Path library, LoadingMode mode) {
    SdfLoadException e = assertThrows(SdfLoadException.class, () -> SdfLibrary.open(library, mode));
    assertEquals(library, e.library());
    assertTrue(e.getMessage().contains(library.toString()), e.getMessage());
    return e.getMessage();
  }

  @Test
  void what_a_library_has_and_lacks_is_told() throws IOException {
    Capabilities found = SdfLibrary.open(fake("fake_sdf"), LoadingMode.DEFAULT).capabilities();
    assertTrue(found.has("SDF_InternalSign_ECC"));
    assertFalse(found.has("SDF_InternalVerify_ECC"));
    assertTrue(found.missing().contains("SDF_InternalVerify_ECC"));
    assertTrue(found.missing().contains("SDF_GenerateKeyPair_RSA"));
    assertTrue(found.missing().contains("SDF_DeleteFile"));
    // 45 functions of the 2012 edition as public headers have them, and the pair outside of it.
    assertEquals(76, found.present().size() + found.missing().size());
    assertThrows(UnsupportedOperationException.class, () -> found.missing().clear());
  }

  @Test
  void every_loading_mode_loads() throws IOException {
    for (String mode : new String[] {"now,local", "lazy", "global", "now,deepbind"}) {
      SdfLibrary library = SdfLibrary.open(fake("fake_sdf"), LoadingMode.parse(mode));
      assertEquals(fake("fake_sdf") + " (" + LoadingMode.parse(mode) + ")", library.toString());
    }
  }

  @Test
  void a_file_that_is_missing_or_no_library_is_told_as_that() throws IOException {
    Path text = Files.write(folder.resolve("libsdf.so"), "hello".getBytes(StandardCharsets.UTF_8));
    assertTrue(refusal(folder.resolve("none.so"), LoadingMode.DEFAULT).endsWith("does not exist"));
    assertTrue(refusal(text, LoadingMode.DEFAULT).contains("is not a shared library"));
  }

  @Test
  void a_cut_library_is_refused_with_the_linkers_words() throws IOException {
    byte[] whole = Files.readAllBytes(fake("fake_sdf"));
    Path cut = folder.resolve("libcut.so");
    Files.write(cut, java.util.Arrays.copyOf(whole, 512));
    assertTrue(refusal(cut, LoadingMode.DEFAULT).startsWith("cannot load " + cut));
  }

  @Test
  void a_library_without_the_required_functions_is_not_an_sdf_library() {
    String half = refusal(fake("fake_sdf_without_sessions"), LoadingMode.DEFAULT);
    assertTrue(half.contains("does not export SDF_OpenSession, but SDF_CalculateMAC"), half);
    Path other = Path.of(System.getProperty("berth.native.dir"), "libberth_os.so").normalize();
    String none = refusal(other.toAbsolutePath(), LoadingMode.DEFAULT);
    assertTrue(none.contains("nor any other function of the standard"), none);
  }

  @Test
  void an_undefined_symbol_is_named_and_lazy_loading_advised() throws IOException {
    String message = refusal(fake("fake_sdf_unresolved"), LoadingMode.DEFAULT);
    assertTrue(message.contains("vendor_runtime_that_nobody_has"), message);
    assertTrue(message.endsWith("use the loading mode lazy"), message);
    SdfLibrary lazy = SdfLibrary.open(fake("fake_sdf_unresolved"), LoadingMode.parse("lazy"));
    long[] device = new long[1];
    assertEquals(0, lazy.openDevice(device));
    assertEquals(0, lazy.closeDevice(device[0]));
  }

  @Test
  void a_missing_dependency_is_named_with_a_remedy() {
    String message = refusal(fake("fake_sdf_dependent"), LoadingMode.DEFAULT);
    assertTrue(message.contains("libfake_dependency.so"), message);
    assertTrue(message.contains("LD_LIBRARY_PATH"), message);
  }

  @Test
  void loading_modes_are_read_and_a_wrong_word_is_named() {
    assertEquals(LoadingMode.DEFAULT, LoadingMode.parse("now,local"));
    assertEquals(new LoadingMode(false, true, true), LoadingMode.parse("lazy, global, deepbind"));
    assertEquals("lazy,global,deepbind", LoadingMode.parse("lazy, global, deepbind").toString());
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> LoadingMode.parse("now,deep"));
    assertTrue(e.getMessage().contains("'deep' is none of"), e.getMessage());
  }
}
