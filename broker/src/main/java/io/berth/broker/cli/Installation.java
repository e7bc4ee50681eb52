// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.cli;

import java.net.URISyntaxException;
import java.nio.file.Path;

/** Where this installation lies: the folder with bin, lib and libexec. */
final class Installation {
  private Installation() {}

  /** From the property {@code berth.dist}, or from where this class was loaded: DIST/lib/x.jar. */
  static Path directory() {
    String property = System.getProperty("berth.dist");
    if (property != null) {
      return Path.of(property).toAbsolutePath();
    }
    try {
      Path jar =
          Path.of(Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return jar.toAbsolutePath().getParent().getParent();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("cannot tell where Berth is installed; set -Dberth.dist", e);
    }
  }
}
