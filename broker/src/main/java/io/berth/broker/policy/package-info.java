// SPDX-License-Identifier: Apache-2.0
/**
 * Who may do what with which resource. A {@link io.berth.broker.policy.Policy} is an immutable
 * value that is asked once per open handle and never on the data path; a reload replaces the value.
 * Nothing here reads files of configuration: that is package {@code config}.
 */
package io.berth.broker.policy;
