// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The {@code openssl} command; what it reads is prepared in a folder. */
final class OpensslCommand implements Verifier {
  /** SubjectPublicKeyInfo of an SM2 key, up to and with the 04 of its uncompressed point. */
  private static final String KEY_HEAD = "3059301306072a8648ce3d020106082a811ccf5501822d03420004";

  private final String kek;
  private final Path folder;
  private final Map<String, Path> keys = new ConcurrentHashMap<>();
  private final Map<String, String> sessionKeys = new ConcurrentHashMap<>();

  OpensslCommand(String kek, Path folder) {
    this.kek = kek;
    this.folder = folder;
  }

  @Override
  public boolean accepts(Case one, Path file) throws Exception {
    Path key = keys.computeIfAbsent(KEY_HEAD + one.keyX() + one.keyY(), this::keyFile);
    Path signature = folder.resolve("signature-" + Thread.currentThread().getId());
    Files.write(signature, der(HexFormat.of().parseHex(one.signature())));
    Answer answer =
        ask(
            "pkeyutl -verify -pubin -keyform DER -rawin -digest sm3 -pkeyopt"
                + " distid:1234567812345678",
            "-inkey",
            key.toString(),
            "-sigfile",
            signature.toString(),
            "-in",
            file.toString());
    return answer.code == 0;
  }

  @Override
  public String sm3(Path file) throws Exception {
    Answer answer = ask("dgst -sm3 -r", file.toString()).orThrow();
    return new String(answer.output, 0, 64, US_ASCII);
  }

  @Override
  public byte[] decrypt(Case one, Path encrypted) throws Exception {
    String sessionKey = sessionKeys.get(one.sessionKey());
    if (sessionKey == null) {
      sessionKey = unwrap(one.sessionKey());
      sessionKeys.put(one.sessionKey(), sessionKey);
    }
    Answer answer =
        ask("enc -d -sm4-cbc -K", sessionKey, "-iv", one.iv(), "-in", encrypted.toString());
    return answer.code == 0 ? answer.output : null;
  }

  private String unwrap(String wrapped) throws Exception {
    Path file = folder.resolve("wrapped-" + Thread.currentThread().getId());
    Files.write(file, HexFormat.of().parseHex(wrapped));
    Answer answer = ask("enc -d -sm4-ecb -nopad -K", kek, "-in", file.toString()).orThrow();
    return HexFormat.of().formatHex(answer.output);
  }

  private Path keyFile(String der) {
    try {
      Path file = Files.createTempFile(folder, "key-", ".der");
      return Files.write(file, HexFormat.of().parseHex(der));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SEQUENCE of two INTEGERs. */
  private static byte[] der(byte[] signature) throws IOException {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    for (int from : new int[] {0, 32}) {
      byte[] number =
          new java.math.BigInteger(1, Arrays.copyOfRange(signature, from, from + 32)).toByteArray();
      both.write(2);
      both.write(number.length);
      both.write(number);
    }
    ByteArrayOutputStream sequence = new ByteArrayOutputStream();
    sequence.write(0x30);
    sequence.write(both.size());
    both.writeTo(sequence);
    return sequence.toByteArray();
  }

  private static final class Answer {
    private final List<String> command;
    private final int code;
    private final byte[] output;

    Answer(List<String> command, int code, byte[] output) {
      this.command = command;
      this.code = code;
      this.output = output;
    }

    Answer orThrow() throws IOException {
      if (code != 0) {
        throw new IOException(String.join(" ", command) + ": exit code " + code);
      }
      return this;
    }
  }

  private static Answer ask(String words, String... more) throws Exception {
    List<String> command =
        Stream.of(Stream.of("openssl"), Arrays.stream(words.split(" ")), Arrays.stream(more))
            .flatMap(each -> each)
            .toList();
    // A refusal is explained on stderr, and expected for what was changed.
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process = builder.start();
    process.getOutputStream().close();
    try (InputStream output = process.getInputStream()) {
      byte[] read = output.readAllBytes();
      return new Answer(command, process.waitFor(), read);
    }
  }
}
