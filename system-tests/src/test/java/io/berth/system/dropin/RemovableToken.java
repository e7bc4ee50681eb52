// SPDX-License-Identifier: Apache-2.0
package io.berth.system.dropin;

import io.berth.system.broker.BrokerSetup;
import io.berth.system.broker.Installation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A {@link SoftToken} that can be taken out and put back while a worker has it. */
public final class RemovableToken {
  private final SoftToken token;
  private final Path away;

  private RemovableToken(SoftToken token, Path away) {
    this.token = token;
    this.away = away;
  }

  /** Makes the token and its keys; it is there. */
  public static RemovableToken make(BrokerSetup setup) throws IOException {
    return new RemovableToken(SoftToken.make(setup), setup.directory().resolve("away"));
  }

  public SoftToken token() {
    return token;
  }

  /** The lines of a device {@code hsm:bank} on it. */
  public String device() {
    Path module =
        Installation.directory()
            .resolve("../../c-src/target/cmake/jni/fakes/libremovable_pkcs11.so")
            .normalize();
    if (!Files.exists(module)) {
      throw new IllegalStateException("no " + module + "; the build of the native code makes it");
    }
    String variables =
        "environment: {BERTH_REMOVABLE_MODULE: "
            + token.module()
            + ", BERTH_REMOVABLE_AWAY: "
            + away
            + ", ";
    return token
        .device()
        .replace("module: " + token.module(), "module: " + module)
        .replace("environment: {", variables);
  }

  /** The module tells whoever asks that there is no token. */
  public void takeOut() throws IOException {
    Files.createFile(away);
  }

  /** The module of the worker that is there does not get over it, only that of the next one. */
  public void cutOff() throws IOException {
    Path made = Files.writeString(away.resolveSibling("away.new"), "cut off");
    Files.move(made, away, StandardCopyOption.ATOMIC_MOVE);
  }

  public void putBack() throws IOException {
    Files.delete(away);
  }
}
