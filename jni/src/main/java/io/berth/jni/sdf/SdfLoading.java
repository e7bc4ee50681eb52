// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

import io.berth.jni.NativeLibrary;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Loads a vendor's library and looks at what it has; every failure names the file and a remedy. */
final class SdfLoading {
  private static final List<String> REQUIRED =
      List.of("SDF_OpenDevice", "SDF_CloseDevice", "SDF_OpenSession", "SDF_CloseSession");

  private SdfLoading() {}

  static SdfLibrary load(Path file, LoadingMode mode, CardShape shape) throws SdfLoadException {
    Path library = file.toAbsolutePath().normalize();
    try {
      NativeLibrary.checkMachine(library);
    } catch (IOException e) {
      throw new SdfLoadException(library, e.getMessage(), e);
    }
    byte[][] reason = new byte[1][];
    long loaded =
        SdfNatives.load(
            library.toString().getBytes(StandardCharsets.UTF_8),
            mode.now(),
            mode.global(),
            mode.deepBind(),
            shape.toNumbers(),
            reason);
    if (loaded == 0) {
      throw new SdfLoadException(library, explain(library, mode, reason[0]), null);
    }
    Capabilities capabilities = capabilities(loaded);
    List<String> lacking = REQUIRED.stream().filter(name -> !capabilities.has(name)).toList();
    if (!lacking.isEmpty()) {
      throw new SdfLoadException(
          library,
          library
              + " is not a GM/T 0018 library: it does not export "
              + String.join(", ", lacking)
              + (capabilities.present().isEmpty()
                  ? ", nor any other function of the standard"
                  : ", but " + String.join(", ", capabilities.present())),
          null);
    }
    return new SdfLibrary(library, mode, shape, loaded, capabilities);
  }

  private static String explain(Path library, LoadingMode mode, byte[] linkersWords) {
    if (linkersWords == null) {
      return "cannot load " + library + ": not enough memory";
    }
    Charset charset = Charset.forName(System.getProperty("native.encoding", "UTF-8"));
    String words = new String(linkersWords, charset);
    String remedy = "";
    if (words.contains("undefined symbol")) {
      remedy =
          mode.now()
              ? "; if the vendor says that it is not needed, use the loading mode lazy"
              : "; a library that defines it is missing from its dependencies";
    } else if (!words.startsWith(library + ":")) {
      remedy =
          "; it is a dependency of the vendor's library: put its folder into the driver's"
              + " LD_LIBRARY_PATH";
    }
    return "cannot load " + library + " (loading mode " + mode + "): " + words + remedy;
  }

  private static Capabilities capabilities(long library) {
    String[] names = SdfNatives.functionNames();
    boolean[] found = new boolean[names.length];
    SdfNatives.presence(library, found);
    SortedSet<String> present = new TreeSet<>();
    SortedSet<String> missing = new TreeSet<>();
    for (int i = 0; i < names.length; i++) {
      (found[i] ? present : missing).add(names[i]);
    }
    return new Capabilities(present, missing);
  }
}
