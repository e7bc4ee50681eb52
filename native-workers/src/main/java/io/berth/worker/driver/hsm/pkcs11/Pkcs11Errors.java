// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm.pkcs11;

import io.berth.jni.pkcs11.Ckr;
import io.berth.jni.pkcs11.Pkcs11Exception;
import io.berth.shm.status.Reason;
import io.berth.shm.status.Status;
import io.berth.worker.driver.RequestException;

/** The one table from a module's return codes (PKCS #11 2.40, 5.1) to how a request ends. */
final class Pkcs11Errors {
  private Pkcs11Errors() {}

  /** What a code says is gone. */
  enum Loss {
    NOTHING,
    /** A handle of an object. */
    OBJECT,
    /** This session. */
    SESSION,
    /** The login, and with it all handles of private objects. */
    LOGIN,
    /** The token: all sessions, the login, all handles; perhaps it is back already. */
    TOKEN
  }

  static RequestException answer(Pkcs11Exception e) {
    return new RequestException(
        statusOf(e.code()), reasonOf(e.code()), (int) e.code(), e.getMessage());
  }

  /**
   * The status of a code. CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED and codes of a vendor's are
   * FAILED_PRECONDITION and not INTERNAL: modules answer them to data that they cannot take, and
   * nobody shall make a token look broken by sending it some.
   */
  static Status statusOf(long code) {
    if (code >= Integer.MAX_VALUE || code < 0) {
      return Status.FAILED_PRECONDITION;
    }
    return switch ((int) code) {
      case (int) Ckr.OK -> Status.OK;
      case (int) Ckr.CANCEL, (int) Ckr.FUNCTION_CANCELED -> Status.CANCELLED;
      case (int) Ckr.FUNCTION_NOT_SUPPORTED -> Status.UNIMPLEMENTED;
      case (int) Ckr.ARGUMENTS_BAD,
          (int) Ckr.ATTRIBUTE_READ_ONLY,
          (int) Ckr.ATTRIBUTE_TYPE_INVALID,
          (int) Ckr.ATTRIBUTE_VALUE_INVALID,
          (int) Ckr.DATA_INVALID,
          (int) Ckr.DATA_LEN_RANGE,
          (int) Ckr.ENCRYPTED_DATA_INVALID,
          (int) Ckr.ENCRYPTED_DATA_LEN_RANGE,
          (int) Ckr.AEAD_DECRYPT_FAILED,
          (int) Ckr.KEY_SIZE_RANGE,
          (int) Ckr.KEY_TYPE_INCONSISTENT,
          (int) Ckr.KEY_NOT_NEEDED,
          (int) Ckr.KEY_NEEDED,
          (int) Ckr.KEY_INDIGESTIBLE,
          (int) Ckr.MECHANISM_INVALID,
          (int) Ckr.MECHANISM_PARAM_INVALID,
          (int) Ckr.SIGNATURE_INVALID,
          (int) Ckr.SIGNATURE_LEN_RANGE,
          (int) Ckr.TEMPLATE_INCOMPLETE,
          (int) Ckr.TEMPLATE_INCONSISTENT,
          (int) Ckr.UNWRAPPING_KEY_SIZE_RANGE,
          (int) Ckr.UNWRAPPING_KEY_TYPE_INCONSISTENT,
          (int) Ckr.WRAPPED_KEY_INVALID,
          (int) Ckr.WRAPPED_KEY_LEN_RANGE,
          (int) Ckr.WRAPPING_KEY_SIZE_RANGE,
          (int) Ckr.WRAPPING_KEY_TYPE_INCONSISTENT,
          (int) Ckr.DOMAIN_PARAMS_INVALID,
          (int) Ckr.CURVE_NOT_SUPPORTED,
          (int) Ckr.PUBLIC_KEY_INVALID ->
          Status.INVALID_ARGUMENT;
      case (int) Ckr.ACTION_PROHIBITED,
          (int) Ckr.ATTRIBUTE_SENSITIVE,
          (int) Ckr.KEY_FUNCTION_NOT_PERMITTED,
          (int) Ckr.KEY_NOT_WRAPPABLE,
          (int) Ckr.KEY_UNEXTRACTABLE,
          (int) Ckr.INFORMATION_SENSITIVE,
          (int) Ckr.FUNCTION_REJECTED,
          (int) Ckr.SESSION_READ_ONLY,
          (int) Ckr.TOKEN_WRITE_PROTECTED,
          (int) Ckr.USER_NOT_LOGGED_IN,
          (int) Ckr.USER_PIN_NOT_INITIALIZED,
          (int) Ckr.PIN_INCORRECT,
          (int) Ckr.PIN_INVALID,
          (int) Ckr.PIN_LEN_RANGE,
          (int) Ckr.PIN_EXPIRED,
          (int) Ckr.PIN_LOCKED ->
          Status.PERMISSION_DENIED;
      case (int) Ckr.KEY_HANDLE_INVALID,
          (int) Ckr.OBJECT_HANDLE_INVALID,
          (int) Ckr.WRAPPING_KEY_HANDLE_INVALID,
          (int) Ckr.UNWRAPPING_KEY_HANDLE_INVALID ->
          Status.NOT_FOUND;
      case (int) Ckr.HOST_MEMORY,
          (int) Ckr.DEVICE_MEMORY,
          (int) Ckr.SESSION_COUNT,
          (int) Ckr.TOKEN_RESOURCE_EXCEEDED,
          (int) Ckr.KEY_EXHAUSTED ->
          Status.RESOURCE_EXHAUSTED;
      case (int) Ckr.DEVICE_ERROR,
          (int) Ckr.DEVICE_REMOVED,
          (int) Ckr.TOKEN_NOT_PRESENT,
          (int) Ckr.TOKEN_NOT_RECOGNIZED,
          (int) Ckr.SLOT_ID_INVALID,
          (int) Ckr.SESSION_CLOSED,
          (int) Ckr.SESSION_HANDLE_INVALID,
          (int) Ckr.CRYPTOKI_NOT_INITIALIZED ->
          Status.UNAVAILABLE;
      case (int) Ckr.GENERAL_ERROR, (int) Ckr.FUNCTION_FAILED -> Status.FAILED_PRECONDITION;
      default -> Status.INTERNAL;
    };
  }

  private static Reason reasonOf(long code) {
    return statusOf(code) == Status.NOT_FOUND ? Reason.STALE_HANDLE : Reason.DRIVER_ERROR;
  }

  /** What is gone, so that the request is worth one more try once it is there again. */
  static Loss lossOf(long code) {
    if (code >= Integer.MAX_VALUE || code < 0) {
      return Loss.NOTHING;
    }
    return switch ((int) code) {
      case (int) Ckr.KEY_HANDLE_INVALID,
          (int) Ckr.OBJECT_HANDLE_INVALID,
          (int) Ckr.WRAPPING_KEY_HANDLE_INVALID,
          (int) Ckr.UNWRAPPING_KEY_HANDLE_INVALID ->
          Loss.OBJECT;
      case (int) Ckr.SESSION_HANDLE_INVALID, (int) Ckr.SESSION_CLOSED, (int) Ckr.OPERATION_ACTIVE ->
          Loss.SESSION;
      case (int) Ckr.USER_NOT_LOGGED_IN -> Loss.LOGIN;
      case (int) Ckr.DEVICE_REMOVED,
          (int) Ckr.TOKEN_NOT_PRESENT,
          (int) Ckr.TOKEN_NOT_RECOGNIZED,
          (int) Ckr.SLOT_ID_INVALID,
          (int) Ckr.DEVICE_ERROR ->
          Loss.TOKEN;
      default -> Loss.NOTHING;
    };
  }
}
