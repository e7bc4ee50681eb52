// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import java.io.IOException;
import java.nio.file.Path;

/** A vendor's library could not be loaded, or is not a GM/T 0018 library. */
public final class SdfLoadException extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient Path library;

  SdfLoadException(Path library, String message, Throwable cause) {
    super(message, cause);
    this.library = library;
  }

  /** The file that was to be loaded; null after deserialisation. */
  public Path library() {
    return library;
  }
}
