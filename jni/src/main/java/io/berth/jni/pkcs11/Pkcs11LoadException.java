// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import java.io.IOException;
import java.nio.file.Path;

/** A vendor's library could not be loaded, or is not a PKCS #11 module. */
public final class Pkcs11LoadException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path module;

  Pkcs11LoadException(Path module, String message, Throwable cause) {
    super(message, cause);
    this.module = module;
  }

  /** The file that was to be loaded; null after deserialisation. */
  public Path module() {
    return module;
  }
}
