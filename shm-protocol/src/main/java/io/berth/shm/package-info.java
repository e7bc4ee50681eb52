// SPDX-License-Identifier: Apache-2.0
/** The shared-memory protocol: nothing here knows of devices or policy. docs/PROTOCOL.md. */
package io.berth.shm;
