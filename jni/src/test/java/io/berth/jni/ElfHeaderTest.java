// SPDX-License-Identifier: Apache-2.0
package io.berth.jni;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ElfHeaderTest {
  private static final int X86 = 3;
  private static final int X86_64 = 62;
  private static final int AARCH64 = 183;
  private static final int S390 = 22;
  private static final int LOONGARCH = 258;
  private static final int SHARED = 3;
  private static final int EXECUTABLE = 2;

  @TempDir Path folder;

  private Path forge(int machine, int bits, ByteOrder order, int type) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(64).order(order);
    header.put(new byte[] {0x7f, 'E', 'L', 'F', (byte) (bits == 64 ? 2 : 1)});
    header.put((byte) (order == ByteOrder.LITTLE_ENDIAN ? 1 : 2));
    header.putShort(16, (short) type).putShort(18, (short) machine);
    return Files.write(folder.resolve("libforged.so"), header.array());
  }

  private static int foreignMachine() {
    return ElfHeader.ofThisJvm().equals("aarch64") ? X86_64 : AARCH64;
  }

  @Test
  void architectures_are_named_as_people_call_them() throws IOException {
    ByteOrder little = ByteOrder.LITTLE_ENDIAN;
    assertEquals("x86-64", ElfHeader.read(forge(X86_64, 64, little, SHARED)).architecture());
    assertEquals("x86", ElfHeader.read(forge(X86, 32, little, SHARED)).architecture());
    assertEquals("aarch64", ElfHeader.read(forge(AARCH64, 64, little, SHARED)).architecture());
    assertEquals(
        "loongarch64", ElfHeader.read(forge(LOONGARCH, 64, little, SHARED)).architecture());
    assertEquals(
        "ELF machine 22 (64-bit)",
        ElfHeader.read(forge(S390, 64, ByteOrder.BIG_ENDIAN, SHARED)).architecture());
  }

  @Test
  void the_jvm_is_named_in_the_same_words() {
    assertEquals("x86-64", ElfHeader.ofJvm("amd64"));
    assertEquals("aarch64", ElfHeader.ofJvm("aarch64"));
    assertEquals("loongarch64", ElfHeader.ofJvm("loongarch64"));
  }

  @Test
  void a_library_of_another_architecture_is_refused_naming_both() throws IOException {
    Path library = forge(foreignMachine(), 64, ByteOrder.LITTLE_ENDIAN, SHARED);
    String found = ElfHeader.read(library).architecture();
    IOException refusal =
        assertThrows(IOException.class, () -> NativeLibrary.checkMachine(library));
    assertEquals(
        library + " is for " + found + ", this JVM runs on " + ElfHeader.ofThisJvm(),
        refusal.getMessage());
  }

  @Test
  void an_executable_is_not_a_library() throws IOException {
    int here = ElfHeader.read(Path.of("/proc/self/exe")).machine();
    Path program = forge(here, 64, ByteOrder.LITTLE_ENDIAN, EXECUTABLE);
    IOException refusal =
        assertThrows(IOException.class, () -> NativeLibrary.checkMachine(program));
    assertTrue(refusal.getMessage().contains("not a shared library"), refusal.getMessage());
  }

  @Test
  void a_file_that_is_no_elf_is_refused_showing_how_it_starts() throws IOException {
    Path script =
        Files.write(
            folder.resolve("libscript.so"),
            "INPUT(/usr/lib/libx.so.1)\n".getBytes(StandardCharsets.US_ASCII));
    IOException refusal =
        assertThrows(ElfHeader.NotElfException.class, () -> NativeLibrary.checkMachine(script));
    assertTrue(refusal.getMessage().contains("49 4e 50 55"), refusal.getMessage());
  }

  @Test
  void an_empty_a_short_and_a_missing_file_and_a_folder_are_told_apart() throws IOException {
    Path empty = Files.createFile(folder.resolve("empty.so"));
    Path cut = Files.write(folder.resolve("cut.so"), new byte[] {0x7f, 'E', 'L', 'F', 2, 1});
    Path missing = folder.resolve("missing.so");
    assertTrue(message(empty).contains("empty"));
    assertTrue(message(cut).contains("7f 45 4c 46"));
    assertEquals(missing + " does not exist", message(missing));
    assertEquals(folder + " is a directory, not a shared library", message(folder));
  }

  private static String message(Path library) {
    return assertThrows(IOException.class, () -> NativeLibrary.checkMachine(library)).getMessage();
  }
}
