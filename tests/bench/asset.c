// The bench build's one operation of its own: six kilobytes that never change.
#include "marbre/newsroom.h"

#include <string.h>

void read_bench_asset(struct api_call *call); // a row of newsroom.c in this build

void read_bench_asset(struct api_call *call)
{
    enum { ASSET_BYTES = 6144 };
    static _Thread_local struct api_asset asset;
    static _Thread_local char bytes[ASSET_BYTES], etag[64];
    if (!asset.body.ptr) {
        memset(bytes, 'x', sizeof bytes);
        asset = api_asset_of(api_arena(call), STR("text/html"), (struct str){bytes, sizeof bytes});
        memcpy(etag, asset.etag.ptr, asset.etag.len); // out of the call's arena
        asset.etag.ptr = etag;
    }
    api_reply_asset(call, &asset);
}
