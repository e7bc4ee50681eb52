// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** A file of YAML that only its owner can have written, parsed to nodes that know their places. */
final class YamlFile {
  static final int MAX_BYTES = 1 << 20;

  private static final int OTHERS_MAY_WRITE = 0022;
  private static final int STICKY = 01000;
  private static final int ANYBODY_MAY_WRITE = 0002;

  private final Path path;
  private final String name;
  private final int ownUid;
  private final Problems problems;

  YamlFile(Path path, int ownUid, Problems problems) {
    this.path = path;
    this.name = path.toString();
    this.ownUid = ownUid;
    this.problems = problems;
  }

  String name() {
    return name;
  }

  /**
   * The root node; empty if there is none, or the file was refused (then {@code problems} says).
   */
  Optional<Node> read() {
    try {
      if (!isTrustworthy()) {
        return Optional.empty();
      }
      byte[] bytes = Files.readAllBytes(path);
      return decode(bytes).flatMap(text -> parse(name, text, problems));
    } catch (IOException e) {
      refuse("cannot be read: " + e);
      return Optional.empty();
    }
  }

  private boolean isTrustworthy() throws IOException {
    if (!Files.exists(path)) {
      return refuse("does not exist; docs/berth.yaml is a commented example to start from");
    }
    if (!Files.isRegularFile(path)) {
      return refuse(
          "expected a regular file, found "
              + (Files.isDirectory(path) ? "a directory" : "another kind of file"));
    }
    if (!Files.isReadable(path)) {
      return refuse(
          "cannot be read by uid "
              + Integer.toUnsignedString(ownUid)
              + "; check its owner and mode");
    }
    if (Files.size(path) > MAX_BYTES) {
      return refuse("has " + Files.size(path) + " bytes, more than " + MAX_BYTES);
    }
    Map<String, Object> attributes = Files.readAttributes(path, "unix:mode,uid");
    int mode = (Integer) attributes.get("mode");
    int owner = (Integer) attributes.get("uid");
    if ((mode & OTHERS_MAY_WRITE) != 0) {
      return refuse(
          String.format(
              "has mode %04o: whoever can write it can give himself any key; run chmod go-w %s",
              mode & 07777, name));
    }
    if (owner != 0 && owner != ownUid) {
      return refuse(
          "belongs to uid "
              + Integer.toUnsignedString(owner)
              + ", expected root or uid "
              + Integer.toUnsignedString(ownUid)
              + " which runs this; run chown");
    }
    Path directory = path.toRealPath().getParent();
    int directoryMode =
        (Integer) Files.getAttribute(directory, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((directoryMode & ANYBODY_MAY_WRITE) != 0 && (directoryMode & STICKY) == 0) {
      return refuse(
          String.format(
              "lies in %s of mode %04o, where anybody can replace it; run chmod o-w %s",
              directory, directoryMode & 07777, directory));
    }
    return true;
  }

  private boolean refuse(String text) {
    problems.error(Place.wholeFile(name), text);
    return false;
  }

  private Optional<String> decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(in).toString());
    } catch (CharacterCodingException e) {
      // The decoder stops in front of the first bad byte.
      int line = 1;
      int column = 1;
      for (int i = 0; i < in.position(); i++) {
        column = bytes[i] == '\n' ? 1 : column + 1;
        line += bytes[i] == '\n' ? 1 : 0;
      }
      problems.error(
          new Place(name, line, column),
          "expected UTF-8, found another byte; save the file as UTF-8");
      return Optional.empty();
    }
  }

  static Optional<Node> parse(String name, String text, Problems problems) {
    LoadSettings settings = LoadSettings.builder().setLabel(name).setUseMarks(true).build();
    try {
      return new Compose(settings).composeString(text);
    } catch (MarkedYamlEngineException e) {
      Place place =
          e.getProblemMark()
              .or(e::getContextMark)
              .map(mark -> new Place(name, mark.getLine() + 1, mark.getColumn() + 1))
              .orElse(Place.wholeFile(name));
      problems.error(place, "not valid YAML: " + e.getProblem() + context(e));
    } catch (YamlEngineException e) {
      problems.error(Place.wholeFile(name), "not valid YAML: " + e.getMessage());
    }
    return Optional.empty();
  }

  private static String context(MarkedYamlEngineException e) {
    return e.getContext() == null ? "" : " (" + e.getContext() + ")";
  }
}
