// SPDX-License-Identifier: Apache-2.0
/**
 * What Berth knows of the keys of its devices beyond what their drivers are told: cards can list
 * nothing and hold no certificates. Values and files; who may see a key is the policy's to say.
 */
package io.berth.broker.catalogue;
