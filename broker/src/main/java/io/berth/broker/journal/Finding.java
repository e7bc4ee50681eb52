// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.journal;

import java.nio.file.Path;

/**
 * Something that is not as the journal wrote it.
 *
 * @param kind what kind of thing
 * @param firstSequence first record concerned, -1 when it concerns none in particular
 * @param lastSequence last record concerned
 * @param file where
 * @param position offset in the file of the record's header, -1 when it concerns the whole file
 * @param message what was expected and found
 */
public record Finding(
    Kind kind, long firstSequence, long lastSequence, Path file, long position, String message) {

  /** Kinds of finding. */
  public enum Kind {
    /** A record's or file's content is not what was sealed. */
    ALTERED,
    /** Records are missing and later ones are there. */
    REMOVED,
    /** Records are missing at the end. */
    TRUNCATED,
    /** The journal is an older or another one than the expected head belongs to. */
    ROLLED_BACK,
    /** Records are out of order or there twice. */
    REORDERED,
    /** A checkpoint's signature is not right, or the public key is not the journal's. */
    BAD_SIGNATURE,
    /** A file or a stretch of it cannot be read as a journal. */
    UNREADABLE
  }

  @Override
  public String toString() {
    String records =
        firstSequence < 0
            ? ""
            : firstSequence == lastSequence
                ? " record " + firstSequence
                : " records " + firstSequence + ".." + lastSequence;
    return kind
        + records
        + " in "
        + file.getFileName()
        + (position < 0 ? "" : " at " + position)
        + ": "
        + message;
  }
}
