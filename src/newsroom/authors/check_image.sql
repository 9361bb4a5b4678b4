-- patch_author: a picture stays whole. Primary key.
with faults as (
    select '/image/' || member as pointer, 'A picture has this member.' as detail
      from authors, unnest(array['url', 'alt']) member
     where id = :id::uuid and json_typeof(:body::json -> 'image') = 'object'
       and author_image_patched(:body::json -> 'image', image) ->> member is null
)
select require(count(*) = 0, 'MB422', 'A picture has an address, and says in words what it shows.',
               json_build_object('errors', json_agg(faults)))
  from faults
