// SPDX-License-Identifier: Apache-2.0
package io.berth.broker.dataplane;

import io.berth.broker.session.Handle;
import io.berth.jni.os.OsException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** For each test a data path of its own, with one client that has one handle of the device. */
abstract class DataPathFixture {
  DataPathHarness harness;
  PlayedClient client;
  Handle handle;

  @BeforeEach
  final void set_up() throws OsException {
    harness = new DataPathHarness();
    client = harness.client("uid 1");
    handle = open(client);
  }

  /** The handle that the client gets. */
  Handle open(PlayedClient opening) {
    return opening.open(harness.device);
  }

  @AfterEach
  final void tear_down() {
    harness.close();
  }
}
