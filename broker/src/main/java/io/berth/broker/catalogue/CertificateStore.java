// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.catalogue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The certificates that were imported: one file each below the data directory. */
public final class CertificateStore {
  private final Path root;

  public CertificateStore(Path dataDirectory) {
    root = dataDirectory.resolve("certificates");
  }

  /**
   * Where the certificate of a key lies.
   *
   * @param device {@code hsm:payments}
   * @param localName may have slashes, which no file name has; {@code @} is in no name
   */
  public Path file(String device, String localName) {
    return root.resolve(device).resolve(localName.replace('/', '@') + ".pem");
  }

  /** Keeps a certificate; whoever reads meanwhile sees the old one or the new one. */
  public void put(String device, String localName, KeyCertificate certificate) throws IOException {
    Path file = file(device, localName);
    Files.createDirectories(
        file.getParent(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Path next = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(next);
    try (FileChannel channel =
        FileChannel.open(
            next,
            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")))) {
      ByteBuffer text = ByteBuffer.wrap(certificate.pem().getBytes(StandardCharsets.US_ASCII));
      while (text.hasRemaining()) {
        channel.write(text);
      }
      channel.force(true);
    }
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel directory = FileChannel.open(file.getParent(), StandardOpenOption.READ)) {
      directory.force(true);
    }
  }
}
