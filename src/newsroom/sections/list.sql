-- list_sections: the tree, each section with those below it, in the newsroom's order. A newsroom has tens of sections, so
-- this is one page. Index sections_of_parent.
select section_branch(null) as body, 'list:sections' as keys
