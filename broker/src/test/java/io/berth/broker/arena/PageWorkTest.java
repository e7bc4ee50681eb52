// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.arena;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.berth.broker.control.ControlLoop;
import io.berth.jni.os.Descriptors;
import io.berth.jni.os.EventFd;
import io.berth.jni.os.OsException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whose pages are seen to when; the test is the control thread. */
class PageWorkTest {
  private final List<String> done = new ArrayList<>();
  private ControlLoop loop;
  private PageWork pages;

  @BeforeEach
  void set_up() throws OsException {
    loop = new ControlLoop();
    pages = new PageWork(loop);
  }

  @AfterEach
  void tear_down() {
    loop.closeDescriptors();
  }

  private BooleanSupplier pieces(String name, int count) {
    int[] left = {count};
    return () -> {
      done.add(name);
      return --left[0] == 0;
    };
  }

  private void turns(int count) {
    for (int i = 0; i < count; i++) {
      pages.turn();
    }
  }

  @Test
  void uids_take_turns_however_much_one_of_them_wants() {
    pages.add(1, pieces("a", 3));
    pages.add(1, pieces("b", 2));
    pages.add(2, pieces("c", 2));
    turns(7);
    assertEquals(List.of("a", "c", "a", "c", "a", "b", "b"), done);
  }

  @Test
  void what_a_piece_brings_about_waits_behind_the_rest_of_its_uid() {
    pages.add(
        1,
        () -> {
          done.add("a");
          pages.add(1, pieces("c", 1));
          return true;
        });
    pages.add(1, pieces("b", 1));
    turns(3);
    assertEquals(List.of("a", "b", "c"), done);
  }

  @Test
  void a_piece_that_fails_is_not_done_again_and_the_others_are() {
    pages.add(
        1,
        () -> {
          done.add("a");
          throw new IllegalStateException("a defect");
        });
    pages.add(1, pieces("b", 1));
    try {
      pages.turn();
    } catch (IllegalStateException e) {
      done.add(e.getMessage());
    }
    turns(1);
    assertEquals(List.of("a", "a defect", "b"), done);
  }

  @Test
  void the_loop_sees_to_its_descriptors_between_any_two_pieces() throws OsException {
    int bell = OsException.check("eventfd", EventFd.create());
    loop.register(bell, events -> done.add("descriptor"));
    EventFd.signal(bell);
    pages.add(1, pieces("piece", 3));
    pages.add(
        1,
        () -> {
          loop.stop();
          return true;
        });
    loop.run();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      expected.add("descriptor");
      expected.add("piece");
    }
    assertEquals(expected, done.subList(0, 6));
    loop.unregister(bell);
    Descriptors.close(bell);
  }
}
