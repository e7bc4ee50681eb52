// SPDX-License-Identifier: Apache-2.0
package io.berth.jni;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * The first bytes of a shared library: for which machine it was built.
 *
 * <p>The dynamic linker's own words for a library of another architecture ("cannot open shared
 * object file", "wrong ELF class") do not say which of the two is wrong; these do.
 *
 * @param machine e_machine
 * @param bits 32 or 64
 * @param littleEndian byte order of the file
 * @param shared whether it is a shared object (ET_DYN)
 */
public record ElfHeader(int machine, int bits, boolean littleEndian, boolean shared) {
  private static final int HEADER_BYTES = 20;
  private static final int CLASS_OFFSET = 4;
  private static final int DATA_OFFSET = 5;
  private static final int TYPE_OFFSET = 16;
  private static final int MACHINE_OFFSET = 18;
  private static final int CLASS_64 = 2;
  private static final int DATA_LITTLE = 1;
  private static final int DATA_BIG = 2;
  private static final int TYPE_SHARED = 3;

  private static final int X86 = 3;
  private static final int ARM = 40;
  private static final int X86_64 = 62;
  private static final int AARCH64 = 183;
  private static final int RISC_V = 243;
  private static final int LOONGARCH = 258;

  /** Thrown when a file is not an ELF file at all. */
  public static final class NotElfException extends IOException {
    private static final long serialVersionUID = 1L;

    NotElfException(Path file, String found) {
      super(
          file
              + " is not a shared library: it does not start with an ELF header but with "
              + found
              + "; a linker script, a Git LFS pointer or a half-copied file looks like this");
    }
  }

  /** Reads the header of {@code file}. */
  public static ElfHeader read(Path file) throws IOException {
    byte[] head;
    try (InputStream in = Files.newInputStream(file)) {
      head = in.readNBytes(HEADER_BYTES);
    }
    boolean magic =
        head.length == HEADER_BYTES
            && head[0] == 0x7f
            && head[1] == 'E'
            && head[2] == 'L'
            && head[3] == 'F'
            && (head[DATA_OFFSET] == DATA_LITTLE || head[DATA_OFFSET] == DATA_BIG);
    if (!magic) {
      throw new NotElfException(file, describe(head));
    }
    boolean little = head[DATA_OFFSET] == DATA_LITTLE;
    ByteBuffer fields =
        ByteBuffer.wrap(head).order(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    return new ElfHeader(
        Short.toUnsignedInt(fields.getShort(MACHINE_OFFSET)),
        head[CLASS_OFFSET] == CLASS_64 ? 64 : 32,
        little,
        fields.getShort(TYPE_OFFSET) == TYPE_SHARED);
  }

  private static String describe(byte[] head) {
    if (head.length == 0) {
      return "nothing (the file is empty)";
    }
    StringBuilder bytes = new StringBuilder("the bytes");
    for (int i = 0; i < Math.min(4, head.length); i++) {
      bytes.append(String.format(Locale.ROOT, " %02x", head[i]));
    }
    return bytes.toString();
  }

  /** The architecture as people call it, for example {@code x86-64}. */
  public String architecture() {
    String name =
        switch (machine) {
          case X86 -> "x86";
          case ARM -> "arm";
          case X86_64 -> bits == 64 ? "x86-64" : "x32";
          case AARCH64 -> littleEndian ? "aarch64" : "aarch64_be";
          case RISC_V -> "riscv" + bits;
          case LOONGARCH -> "loongarch" + bits;
          default -> "ELF machine " + machine + " (" + bits + "-bit)";
        };
    return name;
  }

  /** The architecture of this JVM, in the same words. */
  public static String ofThisJvm() {
    return ofJvm(System.getProperty("os.arch", "unknown"));
  }

  static String ofJvm(String osArch) {
    return switch (osArch) {
      case "amd64", "x86_64" -> "x86-64";
      case "i386", "i486", "i586", "i686" -> "x86";
      default -> osArch;
    };
  }
}
