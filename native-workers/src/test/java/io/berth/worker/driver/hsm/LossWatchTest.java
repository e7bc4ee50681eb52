// SPDX-License-Identifier: Apache-2.0
package io.berth.worker.driver.hsm;

import static org.junit.jupiter.api.Assertions.*;

import io.berth.shm.frame.HsmOperation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LossWatchTest {
  private final LossWatch watch = new LossWatch("the card");

  private void fails() {
    watch.failed(watch.failures(), "SDR_COMMFAIL");
  }

  @Test
  void a_device_is_gone_when_one_request_after_the_other_fails() {
    fails();
    assertNull(watch.loss());
    fails();
    assertEquals(
        "the card is gone: 2 requests in a row failed in new sessions, too, the last with"
            + " SDR_COMMFAIL; it is opened anew",
        watch.loss());
  }

  @Test
  void requests_that_were_on_their_way_together_count_as_one() {
    int before = watch.failures();
    for (int lane = 0; lane < 16; lane++) {
      watch.failed(before, "SDR_COMMFAIL");
    }
    assertNull(watch.loss(), "a break of a moment");
    fails();
    assertNotNull(watch.loss());
  }

  @Test
  void one_that_began_before_the_last_right_answer_counts_from_there() {
    fails();
    int before = watch.failures();
    watch.answered();
    watch.failed(before, "SDR_COMMFAIL");
    assertNull(watch.loss());
    fails();
    assertNotNull(watch.loss());
  }

  @ParameterizedTest
  @ValueSource(ints = {HsmOperation.SM2_SIGN, HsmOperation.RSA_SIGN, HsmOperation.RANDOM})
  void what_only_the_device_can_do_shows_that_it_is_there(int operation) {
    fails();
    watch.answered(operation);
    fails();
    assertNull(watch.loss());
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        HsmOperation.TOKEN_INFO,
        HsmOperation.FIND_OBJECTS,
        HsmOperation.GET_ATTRIBUTES,
        HsmOperation.EXPORT_PUBLIC_KEY,
        HsmOperation.EXPORT_RSA_PUBLIC_KEY,
        HsmOperation.RELEASE_OBJECT,
        HsmOperation.CHECK_PIN,
        HsmOperation.DIGEST
      })
  void what_is_answered_from_memory_shows_nothing(int operation) {
    fails();
    watch.answered(operation);
    fails();
    assertNotNull(watch.loss());
  }
}
