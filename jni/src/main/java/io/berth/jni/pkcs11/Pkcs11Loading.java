// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.pkcs11;

import io.berth.jni.NativeLibrary;
import io.berth.jni.sdf.LoadingMode;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Loads a vendor's module; every failure names the file and a remedy. */
final class Pkcs11Loading {
  private static final int MAJOR = 2;
  private static final int MAJOR_LATEST = 3;

  private Pkcs11Loading() {}

  static Pkcs11Module load(Path file, LoadingMode mode) throws Pkcs11LoadException {
    Path path = file.toAbsolutePath().normalize();
    try {
      NativeLibrary.checkMachine(path);
    } catch (IOException e) {
      throw new Pkcs11LoadException(path, e.getMessage(), e);
    }
    byte[][] reason = new byte[1][];
    long[] code = new long[1];
    long loaded =
        Pkcs11Natives.load(
            path.toString().getBytes(StandardCharsets.UTF_8),
            mode.now(),
            mode.global(),
            mode.deepBind(),
            reason,
            code);
    if (loaded == 0) {
      throw new Pkcs11LoadException(path, explain(path, mode, reason[0], code[0]), null);
    }
    int major = Pkcs11Natives.version(loaded) >>> 8;
    if (major < MAJOR || major > MAJOR_LATEST) {
      throw new Pkcs11LoadException(
          path, path + " has PKCS #11 of version " + major + ", expected 2.x or 3.x", null);
    }
    return new Pkcs11Module(path, loaded);
  }

  private static String explain(Path path, LoadingMode mode, byte[] linkersWords, long code) {
    if (code == Ckr.FUNCTION_NOT_SUPPORTED) {
      return path
          + " is not a PKCS #11 module: it exports neither C_GetFunctionList nor C_GetInterface";
    }
    if (linkersWords == null) {
      return path + ": C_GetFunctionList: " + Ckr.describe(code);
    }
    Charset charset = Charset.forName(System.getProperty("native.encoding", "UTF-8"));
    String words = new String(linkersWords, charset);
    String remedy = "";
    if (words.contains("undefined symbol")) {
      remedy =
          mode.now()
              ? "; if the vendor says that it is not needed, use the loading mode lazy"
              : "; a library that defines it is missing from its dependencies";
    } else if (!words.startsWith(path + ":")) {
      remedy =
          "; it is a dependency of the vendor's library: put its folder into the driver's"
              + " LD_LIBRARY_PATH";
    }
    return "cannot load " + path + " (loading mode " + mode + "): " + words + remedy;
  }
}
