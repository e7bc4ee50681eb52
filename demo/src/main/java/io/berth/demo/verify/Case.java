// SPDX-License-Identifier: Apache-2.0
package io.berth.demo.verify;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What an application says about one file; numbers in hexadecimal.
 *
 * @param keyX the signer's public key, 32 bytes
 * @param keyY its other half
 * @param sm3 the file's digest, 32 bytes
 * @param signature r and s, 64 bytes
 * @param sessionKey 16 bytes, wrapped under the KEK
 * @param iv of SM4 in CBC mode, 16 bytes
 * @param encrypted the encrypted file
 */
record Case(
    Path file,
    String keyX,
    String keyY,
    String sm3,
    String signature,
    String sessionKey,
    String iv,
    Path encrypted) {

  /**
   * Reads what an application left.
   *
   * @param folder with {@code results.txt}, whose form {@code io.berth.demo.application.Results}
   *     describes
   * @param files the files that it was given, in order
   */
  static List<Case> read(Path folder, List<Path> files) throws IOException {
    List<Case> cases = new ArrayList<>();
    String[] key = {"", "", ""};
    String sessionKey = "";
    for (String line : Files.readAllLines(folder.resolve("results.txt"))) {
      String[] words = line.split(" ", -1);
      switch (words[0]) {
        case "key" -> key = words;
        case "session-key" -> sessionKey = words[1];
        case "file" -> {
          Path file = files.get(Integer.parseInt(words[1]));
          Path encrypted = folder.resolve(words[1] + ".sm4");
          cases.add(
              new Case(file, key[1], key[2], words[2], words[3], sessionKey, words[4], encrypted));
        }
        default -> {} // not about a file
      }
    }
    return cases;
  }

  @Override
  public String toString() {
    return encrypted.getParent().getFileName() + ", " + file.getFileName();
  }
}
