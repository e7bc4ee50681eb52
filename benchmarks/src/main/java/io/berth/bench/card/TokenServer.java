// SPDX-License-Identifier: Apache-2.0
package io.berth.bench.card;

import io.berth.bench.process.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The yardstick {@code p11-kit}: p11-kit's server, which gives each client a process of its own
 * that loads the token's module, behind a Unix socket.
 */
public final class TokenServer implements AutoCloseable {
  private static final long START_TIMEOUT_SECONDS = 10;
  private static final long LOOK_NANOS = 5_000_000;
  private static final List<Path> CLIENT_MODULES =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so"),
          Path.of("/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so"),
          Path.of("/usr/lib/loongarch64-linux-gnu/pkcs11/p11-kit-client.so"),
          Path.of("/usr/lib64/pkcs11/p11-kit-client.so"));

  private final Scratch scratch;
  private final Path socket;
  private final SoftHsmToken token;
  private final Process server;

  /** Starts it; returns once it listens. */
  public TokenServer(SoftHsmToken token) throws IOException {
    this.token = token;
    scratch = new Scratch("p11-kit");
    socket = scratch.folder().resolve("socket");
    ProcessBuilder builder =
        new ProcessBuilder(
                "p11-kit",
                "server",
                "--foreground",
                "--name",
                socket.toString(),
                "--provider",
                SoftHsmToken.module().toString(),
                "pkcs11:token=" + SoftHsmToken.LABEL)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(token.environment());
    server = builder.start();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_TIMEOUT_SECONDS);
    while (!Files.exists(socket)) {
      if (!server.isAlive() || System.nanoTime() - until > 0) {
        close();
        throw new IOException("p11-kit server does not listen at " + socket);
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** The module that its clients load. */
  public static Path clientModule() throws IOException {
    return CLIENT_MODULES.stream()
        .filter(Files::exists)
        .findFirst()
        .orElseThrow(() -> new IOException("p11-kit's client is none of " + CLIENT_MODULES));
  }

  /** What its clients need in their environment. */
  public Map<String, String> environment() {
    Map<String, String> all = new HashMap<>(token.environment());
    all.put("P11_KIT_SERVER_ADDRESS", "unix:path=" + socket);
    return all;
  }

  @Override
  public void close() {
    server.descendants().forEach(ProcessHandle::destroyForcibly);
    server.destroyForcibly();
    scratch.close();
  }
}
