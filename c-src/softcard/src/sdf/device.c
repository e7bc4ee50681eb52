/* SPDX-License-Identifier: Apache-2.0 */
/* GM/T 0018 6.2: device, sessions, information, random numbers. */
#include "sdf/call.h"

#include <openssl/rand.h>
#include <string.h>

int SDF_OpenDevice(void **phDeviceHandle) {
    struct reason why;
    struct call call;
    if (phDeviceHandle == NULL)
        return SDR_OUTARGERR;
    *phDeviceHandle = NULL;
    struct card *card = card_open(&why);
    if (card == NULL) {
        reason_report(&why);
        return SDR_OPENDEVICE;
    }
    int status = call_begin_on_card(&call, card, OPERATION_OPEN);
    if (status == SDR_OK)
        status = call_end(&call, SDR_OK, NULL, 0);
    if (status == SDR_OK) {
        *phDeviceHandle = device_make(card);
        status = *phDeviceHandle == NULL ? SDR_NOBUFFER : SDR_OK;
    }
    if (status != SDR_OK)
        card_release(card);
    return status;
}

int SDF_CloseDevice(void *hDeviceHandle) {
    return device_close(hDeviceHandle) ? SDR_OK : SDR_OPENDEVICE;
}

int SDF_OpenSession(void *hDeviceHandle, void **phSessionHandle) {
    struct call call;
    if (phSessionHandle == NULL)
        return SDR_OUTARGERR;
    *phSessionHandle = NULL;
    struct device *device = device_take(hDeviceHandle);
    if (device == NULL)
        return SDR_OPENDEVICE;
    int status = call_begin_on_card(&call, device->card, OPERATION_SESSION);
    if (status == SDR_OK)
        status = call_end(&call, session_make(device, phSessionHandle), NULL, 0);
    device_release(device);
    return status;
}

int SDF_CloseSession(void *hSessionHandle) {
    return session_close(hSessionHandle) ? SDR_OK : SDR_OPENSESSION;
}

static void put_text(unsigned char *field, size_t room, const char *text) {
    size_t bytes = strlen(text);
    memcpy(field, text, bytes < room ? bytes : room);
}

int SDF_GetDeviceInfo(void *hSessionHandle, DEVICEINFO *pstDeviceInfo) {
    struct call call;
    if (pstDeviceInfo == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_INFO);
    if (status != SDR_OK)
        return status;
    const struct card_config *config = &call.card->config;
    memset(pstDeviceInfo, 0, sizeof *pstDeviceInfo);
    put_text(pstDeviceInfo->IssuerName, sizeof pstDeviceInfo->IssuerName, config->issuer);
    put_text(pstDeviceInfo->DeviceName, sizeof pstDeviceInfo->DeviceName, config->name);
    put_text(pstDeviceInfo->DeviceSerial, sizeof pstDeviceInfo->DeviceSerial, config->serial);
    pstDeviceInfo->DeviceVersion = 1;
    pstDeviceInfo->StandardVersion = 1;
    pstDeviceInfo->AsymAlgAbility[0] = SGD_RSA | SGD_SM2_1 | SGD_SM2_2 | SGD_SM2_3;
    pstDeviceInfo->AsymAlgAbility[1] = 256 | 1024 | 2048;
    pstDeviceInfo->SymAlgAbility = SGD_SM4 | SGD_ECB | SGD_CBC | SGD_CFB | SGD_OFB | SGD_MAC |
                                   SGD_CTR | SGD_SM4_GCM | SGD_SM4_CCM;
    pstDeviceInfo->HashAlgAbility = SGD_SM3 | SGD_SHA1 | SGD_SHA256;
    pstDeviceInfo->BufferSize = config->behaviour.buffer_bytes;
    return call_end(&call, SDR_OK, pstDeviceInfo->DeviceSerial, sizeof pstDeviceInfo->DeviceSerial);
}

int SDF_GenerateRandom(void *hSessionHandle, unsigned int uiLength, unsigned char *pucRandom) {
    struct call call;
    if (pucRandom == NULL)
        return SDR_OUTARGERR;
    int status = call_begin(&call, hSessionHandle, OPERATION_RANDOM);
    if (status != SDR_OK)
        return status;
    if (uiLength == 0 || uiLength > call.card->config.behaviour.random_bytes_max)
        status = SDR_INARGERR;
    else if (RAND_bytes(pucRandom, (int)uiLength) != 1)
        status = SDR_RANDERR;
    return call_end(&call, status, pucRandom, uiLength);
}
