// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.sdf;

import io.berth.jni.sdf.SdfException;
import io.berth.jni.sdf.SdfStatus;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;
import java.util.Optional;

/** The one table from a card's return codes (GM/T 0018, annex A) to how a request ends. */
final class SdfErrors {
  private SdfErrors() {}

  static RequestException answer(SdfException e) {
    return new RequestException(statusOf(e.code()), reasonOf(e.code()), e.code(), e.getMessage());
  }

  /** As {@link RequestException#invalid}, with the code in which a card says the same. */
  static RequestException invalid(SdfStatus status, String text) {
    return new RequestException(Status.INVALID_ARGUMENT, Reason.NONE, status.code(), text);
  }

  private static Status statusOf(int code) {
    Optional<SdfStatus> status = SdfStatus.of(code);
    if (status.isEmpty()) {
      return Status.INTERNAL;
    }
    return switch (status.get()) {
      case SDR_OK -> Status.OK;
      case SDR_NOTSUPPORT, SDR_ALGNOTSUPPORT, SDR_ALGMODNOTSUPPORT -> Status.UNIMPLEMENTED;
      case SDR_COMMFAIL, SDR_HARDFAIL, SDR_OPENDEVICE, SDR_OPENSESSION -> Status.UNAVAILABLE;
      case SDR_PARDENY, SDR_PRKRERR -> Status.PERMISSION_DENIED;
      case SDR_KEYNOTEXIST, SDR_FILENOEXIST -> Status.NOT_FOUND;
      case SDR_KEYTYPEERR,
          SDR_KEYERR,
          SDR_ENCDATAERR,
          SDR_INARGERR,
          SDR_USERIDERR,
          SDR_FILESIZEERR,
          SDR_FILEOFSERR ->
          Status.INVALID_ARGUMENT;
      case SDR_NOBUFFER -> Status.RESOURCE_EXHAUSTED;
      case SDR_FILEEXISTS -> Status.ALREADY_EXISTS;
      case SDR_UNKNOWERR,
          SDR_PKOPERR,
          SDR_SKOPERR,
          SDR_SIGNERR,
          SDR_VERIFYERR,
          SDR_SYMOPERR,
          SDR_STEPERR,
          SDR_RANDERR,
          SDR_MACERR,
          SDR_FILEWERR,
          SDR_OUTARGERR ->
          Status.INTERNAL;
    };
  }

  /** Whether the card itself is not there or has failed, whatever was asked of it. */
  static boolean meansFailedCard(int code) {
    return statusOf(code) == Status.UNAVAILABLE;
  }

  /** Whether the card may be there and only has no session left to open. */
  static boolean meansNoFurtherSession(int code) {
    return code == SdfStatus.SDR_OPENSESSION.code();
  }

  private static Reason reasonOf(int code) {
    return code == SdfStatus.SDR_KEYNOTEXIST.code() ? Reason.UNKNOWN_RESOURCE : Reason.DRIVER_ERROR;
  }

  /**
   * Whether a card answers so to a number that it does not know. A vendor's own code is taken for
   * that: what else is wrong has a code of the standard's.
   */
  static boolean refusesArgument(int code) {
    return SdfStatus.of(code)
        .map(
            status ->
                switch (status) {
                  case SDR_ALGNOTSUPPORT,
                      SDR_ALGMODNOTSUPPORT,
                      SDR_KEYTYPEERR,
                      SDR_KEYERR,
                      SDR_INARGERR ->
                      true;
                  default -> false;
                })
        .orElse(true);
  }

  /**
   * Whether the session may be gone while the card is there, as after a card's reset: worth one
   * more try with a new session.
   */
  static boolean meansLostSession(int code) {
    return code == SdfStatus.SDR_OPENSESSION.code() || code == SdfStatus.SDR_COMMFAIL.code();
  }
}
