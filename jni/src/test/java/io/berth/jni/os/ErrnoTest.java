// SPDX-License-Identifier: Apache-2.0
package io.berth.jni.os;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ErrnoTest {
  @Test
  void an_exception_names_the_call_the_error_and_its_meaning() {
    OsException e =
        assertThrows(OsException.class, () -> OsException.check("open(/x)", -Errno.EACCES));
    assertEquals("open(/x): EACCES: permission denied", e.getMessage());
    assertEquals("open(/x)", e.call());
    assertEquals(Errno.EACCES, e.errno());
    assertEquals("EACCES", e.errnoName());
  }

  @Test
  void results_pass_through() throws OsException {
    assertEquals(5, OsException.check("read", 5));
    assertEquals(1L << 40, OsException.check("mmap", 1L << 40));
    assertThrows(OsException.class, () -> OsException.check("mmap", (long) -Errno.ENOMEM));
  }

  @Test
  void an_unknown_number_is_shown_as_it_is() {
    assertEquals("errno 4000", Errno.name(4000));
  }
}
