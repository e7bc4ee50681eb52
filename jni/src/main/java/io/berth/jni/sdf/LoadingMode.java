// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.sdf;

/**
 * How a vendor's library is bound into the process (dlopen).
 *
 * @param now resolve all symbols while loading; otherwise each at its first call, so that a library
 *     with unresolvable but unused ones loads, and a used one that is missing ends the process
 * @param global let libraries that are loaded later see its symbols; some vendors' plug-ins need it
 * @param deepBind let the library prefer its own symbols to those already in the process, for one
 *     that brings its own OpenSSL
 */
public record LoadingMode(boolean now, boolean global, boolean deepBind) {
  /** Everything is resolved at once and nothing is shown to others. */
  public static final LoadingMode DEFAULT = new LoadingMode(true, false, false);

  /**
   * Reads a mode as it stands in a configuration: words separated by commas, each of {@code now} or
   * {@code lazy}, {@code local} or {@code global}, {@code deepbind}; what is not said is as in
   * {@link #DEFAULT}.
   *
   * @throws IllegalArgumentException naming the word that is not one of them
   */
  public static LoadingMode parse(String words) {
    LoadingMode mode = DEFAULT;
    for (String word : words.split(",", -1)) {
      mode =
          switch (word.strip()) {
            case "now" -> new LoadingMode(true, mode.global, mode.deepBind);
            case "lazy" -> new LoadingMode(false, mode.global, mode.deepBind);
            case "local" -> new LoadingMode(mode.now, false, mode.deepBind);
            case "global" -> new LoadingMode(mode.now, true, mode.deepBind);
            case "deepbind" -> new LoadingMode(mode.now, mode.global, true);
            default ->
                throw new IllegalArgumentException(
                    "loading mode '"
                        + words
                        + "': '"
                        + word.strip()
                        + "' is none of now, lazy, local, global, deepbind");
          };
    }
    return mode;
  }

  @Override
  public String toString() {
    return (now ? "now" : "lazy")
        + ","
        + (global ? "global" : "local")
        + (deepBind ? ",deepbind" : "");
  }
}
